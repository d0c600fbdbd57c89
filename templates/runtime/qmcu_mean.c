/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean.h"

/* Adds the rows of a call, as one run of pixels where they follow each other. */
static void add_rows(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect, int32_t first,
                     int32_t channels, qmcu_pixel_sums *add, int32_t *sums)
{
    const qmcu_map *input = &layer->input;
    const int32_t run = qmcu_rows_adjoin(input, rect->y0, rect->y1, input->width) ? rect->y1 - rect->y0 : 1;
    for (int32_t y = rect->y0; y < rect->y1; y += run) {
        const int8_t *x = (const int8_t *)qmcu_row(input, arena, y) + first;
        add(x, input->channels, run * input->width, channels, sums);
    }
}

void qmcu_mean(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect, qmcu_pixel_sums *add)
{
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, 0);
    const qmcu_fold_sums fold = qmcu_fold_sums_of(&layer->fold, arena, rect, 0);
    const int32_t *start = fold.earlier == NULL ? layer->start : fold.earlier;
    for (int32_t first = 0; first < layer->output.channels; first += QMCU_SUM_CHANNELS) {
        const int32_t rest = layer->output.channels - first;
        const int32_t channels = rest < QMCU_SUM_CHANNELS ? rest : QMCU_SUM_CHANNELS;
        int32_t own[QMCU_SUM_CHANNELS];
        int32_t *sums = fold.kept == NULL ? own : fold.kept + first;
        for (int32_t i = 0; i < channels && (fold.kept == NULL || fold.earlier == NULL); i++) {
            sums[i] = start[first + i];
        }
        add_rows(layer, arena, rect, first, channels, add, sums);
        for (int32_t i = 0; i < channels && fold.kept == NULL; i++) {
            output[first + i] = qmcu_requantize(&layer->requant, first + i, sums[i]);
        }
    }
}
