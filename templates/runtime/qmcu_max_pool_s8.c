/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_pool_s8.h"
#include "qmcu_requant.h"

static int32_t largest_of_channel(const qmcu_view *view, qmcu_tap_rows rows, int32_t channel)
{
    const int32_t step = qmcu_view_step(view);
    int32_t largest = INT8_MIN;
    for (int32_t i = view->rows.inside; i > 0; i--) {
        const int8_t *x = rows.pixel + channel;
        for (int32_t taps = view->columns.inside; taps > 0; taps--) {
            largest = *x > largest ? *x : largest;
            x += step;
        }
        qmcu_next_tap_row(&rows);
    }
    return largest;
}

void qmcu_max_pool_s8(const qmcu_max_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->window, &layer->input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x);
            qmcu_view_column(&view, x);
            const qmcu_tap_rows rows = qmcu_view_tap_rows(&view);
            for (int32_t channel = 0; channel < layer->output.channels; channel++) {
                output[channel] = (int8_t)qmcu_clamp(largest_of_channel(&view, rows, channel), layer->min, layer->max);
            }
        }
    }
}
