/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_s8.h"
#include "qmcu_requant.h"

/* total / count to the nearest integer, halves away from zero. */
static int32_t divide(int32_t total, int32_t count)
{
    const int32_t half = count / 2;
    return (total > 0 ? total + half : total - half) / count;
}

static int32_t sum_of_channel(const qmcu_view *view, int32_t channel)
{
    const int32_t step = qmcu_view_step(view);
    int32_t sum = 0;
    for (int32_t i = 0; i < view->rows.inside; i++) {
        const int8_t *x = qmcu_view_pixel(view, i) + channel;
        for (int32_t taps = view->columns.inside; taps > 0; taps--) {
            sum += *x;
            x += step;
        }
    }
    return sum;
}

static void compute_pixel(const qmcu_avg_pool_s8_layer *layer, const qmcu_view *view, qmcu_fold_sums fold,
                          int8_t *output)
{
    const int32_t count = qmcu_fold_height(&layer->fold, view) * view->columns.inside;
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        int32_t sum = sum_of_channel(view, channel);
        if (fold.earlier != NULL) {
            sum += fold.earlier[channel];
        }
        if (fold.kept == NULL) {
            const int32_t average = divide(sum - count * layer->origin, count) + layer->origin;
            output[channel] = (int8_t)qmcu_clamp(average, layer->min, layer->max);
        } else {
            fold.kept[channel] = sum;
        }
    }
}

void qmcu_avg_pool_s8(const qmcu_avg_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
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
