/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_s8.h"

/* Adds the rows of a call to what a channel has. */
static int32_t add_rows(const qmcu_mean_s8_layer *layer, uint8_t *arena, const qmcu_rect *rect, int32_t channel,
                        int32_t sum)
{
    const int32_t channels = layer->input.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *x = (const int8_t *)qmcu_row(&layer->input, arena, y) + channel;
        for (int32_t column = 0; column < layer->input.width; column++) {
            sum += *x;
            x += channels;
        }
    }
    return sum;
}

void qmcu_mean_s8(const qmcu_mean_s8_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, 0);
    const qmcu_fold_sums sums = qmcu_fold_sums_of(&layer->fold, arena, rect, 0);
    const int32_t *start = sums.earlier == NULL ? layer->start : sums.earlier;
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        const int32_t sum = add_rows(layer, arena, rect, channel, start[channel]);
        if (sums.kept == NULL) {
            output[channel] = qmcu_requantize(&layer->requant, channel, sum);
        } else {
            sums.kept[channel] = sum;
        }
    }
}
