/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_s8_mve.h"

#include "qmcu_mve.h"
#include "qmcu_requant.h"

/* Channels that are added up at once. */
enum { GROUP = 8 };

/* total / count to the nearest integer, halves away from zero. */
static int32_t divide(int32_t total, int32_t count)
{
    const int32_t half = count / 2;
    return (total > 0 ? total + half : total - half) / count;
}

/* The sums of `channels` channels under the window; sums beyond them are of no meaning. */
static void sum_channels(const qmcu_view *view, int32_t first, int32_t channels, int16_t sums[GROUP])
{
    const int32_t step = qmcu_view_step(view);
#if QMCU_MVE
    const mve_pred16_t present = vctp16q((uint32_t)channels);
    int16x8_t sum = vdupq_n_s16(0);
    for (int32_t i = 0; i < view->rows.inside; i++) {
        const int8_t *x = qmcu_view_pixel(view, i) + first;
        for (int32_t taps = view->columns.inside; taps > 0; taps--, x += step) {
            sum = vaddq_s16(sum, vldrbq_z_s16(x, present));
        }
    }
    vstrhq_s16(sums, sum);
#else
    for (int32_t channel = 0; channel < channels && channel < GROUP; channel++) {
        sums[channel] = 0;
        for (int32_t i = 0; i < view->rows.inside; i++) {
            const int8_t *x = qmcu_view_pixel(view, i) + first + channel;
            for (int32_t taps = view->columns.inside; taps > 0; taps--, x += step) {
                sums[channel] = (int16_t)(sums[channel] + *x);
            }
        }
    }
#endif
}

static void compute_pixel(const qmcu_avg_pool_s8_mve_layer *layer, const qmcu_view *view, qmcu_fold_sums fold,
                          int8_t *output)
{
    const int32_t channels = layer->output.channels;
    const int32_t count = qmcu_fold_height(&layer->fold, view) * view->columns.inside;
    for (int32_t first = 0; first < channels; first += GROUP) {
        int16_t sums[GROUP];
        sum_channels(view, first, channels - first, sums);
        for (int32_t i = 0; i < GROUP && first + i < channels; i++) {
            const int32_t sum = sums[i] + (fold.earlier == NULL ? 0 : fold.earlier[first + i]);
            if (fold.kept == NULL) {
                const int32_t average = divide(sum - count * layer->origin, count) + layer->origin;
                output[first + i] = (int8_t)qmcu_clamp(average, layer->min, layer->max);
            } else {
                fold.kept[first + i] = sum;
            }
        }
    }
}

void qmcu_avg_pool_s8_mve(const qmcu_avg_pool_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_fold_rows rows = qmcu_fold_rows_of(&layer->fold, rect);
    for (int32_t y = rows.y0; y < rows.y1; y++) {
        qmcu_view view = qmcu_fold_view(&layer->fold, &layer->window, &layer->input, arena, rect, y);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_pixel(layer, &view, qmcu_fold_sums_of(&layer->fold, arena, rect, x * layer->output.channels),
                          qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
