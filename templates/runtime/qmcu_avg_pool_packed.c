/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_packed.h"
#include "qmcu_packed.h"
#include "qmcu_requant.h"

/* Channels that are added up at once. */
enum { GROUP = 16 };

static void add_taps(const qmcu_avg_pool_packed_layer *layer, const qmcu_view *view, int32_t first, int32_t channels,
                     int32_t sums[GROUP])
{
    const qmcu_window *window = view->window;
    for (int32_t i = 0; i < view->rows.inside; i++) {
        const uint8_t *row = qmcu_row(view->input, view->arena, view->rows.first + i * window->dilation_h);
        for (int32_t k = 0; k < view->columns.inside; k++) {
            const int32_t x = view->columns.first + k * window->dilation_w - view->in_x;
            qmcu_add_stored_values(row, x, view->input->channels, layer->bits, first, channels, sums);
        }
    }
}

/* The values are not negative, so halves away from zero are halves upwards. */
static void compute_pixel(const qmcu_avg_pool_packed_layer *layer, const qmcu_view *view, qmcu_fold_sums fold,
                          uint8_t *row, int32_t column)
{
    const int32_t count = qmcu_fold_height(&layer->pool.fold, view) * view->columns.inside;
    for (int32_t first = 0; first < layer->output.channels; first += GROUP) {
        const int32_t rest = layer->output.channels - first;
        const int32_t channels = rest < GROUP ? rest : GROUP;
        int32_t sums[GROUP];
        for (int32_t i = 0; i < channels; i++) {
            sums[i] = fold.earlier == NULL ? 0 : fold.earlier[first + i];
        }
        add_taps(layer, view, first, channels, sums);
        for (int32_t i = 0; i < channels; i++) {
            if (fold.kept == NULL) {
                const int32_t average = (sums[i] + count / 2) / count;
                const int32_t value = qmcu_clamp(average, layer->pool.min, layer->pool.max);
                qmcu_store_value(row, column, first + i, layer->output.channels, layer->bits, value);
            } else {
                fold.kept[first + i] = sums[i];
            }
        }
    }
}

void qmcu_avg_pool_packed(const qmcu_avg_pool_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_avg_pool_s8_layer *pool = &layer->pool;
    const qmcu_fold_rows rows = qmcu_fold_rows_of(&pool->fold, rect);
    for (int32_t y = rows.y0; y < rows.y1; y++) {
        qmcu_view view = qmcu_fold_view(&pool->fold, &pool->window, &pool->input, arena, rect, y);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_pixel(layer, &view, qmcu_fold_sums_of(&pool->fold, arena, rect, x * layer->output.channels),
                          qmcu_row(&layer->output, arena, y), x - rect->out_x);
        }
    }
}
