/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_pool_s8_mve.h"

#include "qmcu_mve.h"

/* Channels that are compared at once. */
enum { GROUP = 16 };

/* The maxima of up to 16 channels under the window, limited. */
static void compute_channels(const qmcu_max_pool_s8_mve_layer *layer, const qmcu_view *view, qmcu_tap_rows rows,
                             int32_t first, int32_t channels, int8_t *output)
{
    const int32_t step = qmcu_view_step(view);
#if QMCU_MVE
    const mve_pred16_t present = vctp8q((uint32_t)channels);
    int8x16_t largest = vdupq_n_s8((int8_t)layer->min);
    for (int32_t i = view->rows.inside; i > 0; i--) {
        const int8_t *x = rows.pixel + first;
        for (int32_t taps = view->columns.inside; taps > 0; taps--, x += step) {
            largest = vmaxq_s8(largest, vldrbq_z_s8(x, present));
        }
        qmcu_next_tap_row(&rows);
    }
    vstrbq_p_s8(output, vminq_s8(largest, vdupq_n_s8((int8_t)layer->max)), present);
#else
    for (int32_t channel = 0; channel < channels && channel < GROUP; channel++) {
        int32_t largest = layer->min;
        qmcu_tap_rows left = rows;
        for (int32_t i = view->rows.inside; i > 0; i--) {
            const int8_t *x = left.pixel + first + channel;
            for (int32_t taps = view->columns.inside; taps > 0; taps--, x += step) {
                largest = *x > largest ? *x : largest;
            }
            qmcu_next_tap_row(&left);
        }
        output[channel] = (int8_t)(largest < layer->max ? largest : layer->max);
    }
#endif
}

void qmcu_max_pool_s8_mve(const qmcu_max_pool_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->window, &layer->input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x);
            qmcu_view_column(&view, x);
            const qmcu_tap_rows rows = qmcu_view_tap_rows(&view);
            for (int32_t first = 0; first < channels; first += GROUP) {
                compute_channels(layer, &view, rows, first, channels - first, output + first);
            }
        }
    }
}
