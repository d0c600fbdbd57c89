/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_s8_dsp.h"

#include "qmcu_dsp.h"
#include "qmcu_requant.h"

/* total / count to the nearest integer, halves away from zero. */
static int32_t divide(int32_t total, int32_t count)
{
    const int32_t half = count / 2;
    return (total > 0 ? total + half : total - half) / count;
}

static int8_t average(const qmcu_avg_pool_s8_dsp_layer *layer, int32_t sum, int32_t count)
{
    const int32_t total = sum - layer->origin * count;
    return (int8_t)qmcu_clamp(divide(total, count) + layer->origin, layer->min, layer->max);
}

/* The averages of sums in the low halves of words, or what is kept of them for the rows to come. */
static void finish_four(const qmcu_avg_pool_s8_dsp_layer *layer, const uint32_t sums[4], int32_t count,
                        qmcu_fold_sums fold, int8_t *output)
{
    for (int32_t i = 0; i < 4; i++) {
        const int32_t sum = (int16_t)(sums[i] & 0xFFFFu) + (fold.earlier == NULL ? 0 : fold.earlier[i]);
        if (fold.kept == NULL) {
            output[i] = average(layer, sum, count);
        } else {
            fold.kept[i] = sum;
        }
    }
}

/* Whether the rows under a window follow each other without a gap. */
static int is_one_run(const qmcu_view *view)
{
    const qmcu_map *input = view->input;
    return (uint32_t)(view->columns.inside * input->channels) == input->row_bytes && view->window->dilation_h == 1u &&
           view->rows.first % input->ring_rows + view->rows.inside <= input->ring_rows;
}

static void compute_pixel(const qmcu_avg_pool_s8_dsp_layer *layer, const qmcu_view *view, qmcu_fold_sums fold,
                          int8_t *output)
{
    const int32_t count = qmcu_fold_height(&layer->fold, view) * view->columns.inside;
    const int32_t step = qmcu_view_step(view);
    const int32_t runs = is_one_run(view) ? 1 : view->rows.inside;
    const int32_t run_taps = view->rows.inside * view->columns.inside / runs;
    for (int32_t channel = 0; channel < layer->output.channels; channel += 4, output += 4) {
        uint32_t sums_0_2 = 0, sums_1_3 = 0;
        for (int32_t i = 0; i < runs; i++) {
            const int8_t *x = qmcu_view_pixel(view, i) + channel;
            for (int32_t taps = run_taps; taps > 0; taps--, x += step) {
                const uint32_t word = qmcu_load_word(x);
                sums_0_2 = qmcu_add_halves(sums_0_2, qmcu_bytes_0_2(word));
                sums_1_3 = qmcu_add_halves(sums_1_3, qmcu_bytes_1_3(word));
            }
        }
        const uint32_t sums[] = {sums_0_2, sums_1_3, sums_0_2 >> 16, sums_1_3 >> 16};
        finish_four(layer, sums, count, qmcu_fold_sums_from(fold, channel), output);
    }
}

void qmcu_avg_pool_s8_dsp(const qmcu_avg_pool_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
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
