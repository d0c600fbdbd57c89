/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool.h"

#include "qmcu_requant.h"

/* total / count to the nearest integer, halves away from zero. */
static int32_t divide(int32_t total, int32_t count)
{
    const int32_t half = count / 2;
    return (total > 0 ? total + half : total - half) / count;
}

/* The pixels under a window as runs of the same length. */
typedef struct {
    qmcu_tap_rows rows;
    int32_t runs;
    int32_t pixels; /* of each */
    int32_t step;
} window_runs;

static window_runs runs_of(const qmcu_view *view)
{
    const int32_t height = view->rows.inside, width = view->columns.inside;
    const bool is_one =
        view->window->dilation_h == 1u &&
        qmcu_rows_adjoin(view->input, view->rows.first, view->rows.first + height, (uint32_t)width);
    window_runs runs;
    runs.rows = qmcu_view_tap_rows(view);
    runs.runs = is_one ? 1 : height;
    runs.pixels = is_one ? height * width : width;
    runs.step = qmcu_view_step(view);
    return runs;
}

static void sum_channels(const window_runs *window, int32_t first, int32_t channels, qmcu_pixel_sums *add,
                         int32_t *sums)
{
    qmcu_tap_rows rows = window->rows;
    for (int32_t i = window->runs; i > 0; i--) {
        add(rows.pixel + first, window->step, window->pixels, channels, sums);
        qmcu_next_tap_row(&rows);
    }
}

static void compute_pixel(const qmcu_avg_pool_s8_layer *layer, const qmcu_view *view, qmcu_fold_sums fold,
                          int8_t *output, qmcu_pixel_sums *add)
{
    const int32_t count = qmcu_fold_height(&layer->fold, view) * view->columns.inside;
    const window_runs runs = runs_of(view);
    for (int32_t first = 0; first < layer->output.channels; first += QMCU_SUM_CHANNELS) {
        const int32_t rest = layer->output.channels - first;
        const int32_t channels = rest < QMCU_SUM_CHANNELS ? rest : QMCU_SUM_CHANNELS;
        int32_t own[QMCU_SUM_CHANNELS];
        int32_t *sums = fold.kept == NULL ? own : fold.kept + first;
        for (int32_t i = 0; i < channels && (fold.kept == NULL || fold.earlier == NULL); i++) {
            sums[i] = fold.earlier == NULL ? 0 : fold.earlier[first + i];
        }
        sum_channels(&runs, first, channels, add, sums);
        for (int32_t i = 0; i < channels && fold.kept == NULL; i++) {
            const int32_t average = divide(sums[i] - count * layer->origin, count) + layer->origin;
            output[first + i] = (int8_t)qmcu_clamp(average, layer->min, layer->max);
        }
    }
}

void qmcu_avg_pool(const qmcu_avg_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                   qmcu_pixel_sums *add)
{
    const qmcu_fold_rows rows = qmcu_fold_rows_of(&layer->fold, rect);
    for (int32_t y = rows.y0; y < rows.y1; y++) {
        qmcu_view view = qmcu_fold_view(&layer->fold, &layer->window, &layer->input, arena, rect, y);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_pixel(layer, &view, qmcu_fold_sums_of(&layer->fold, arena, rect, x * layer->output.channels),
                          qmcu_pixel(&layer->output, arena, y, x, rect->out_x), add);
        }
    }
}
