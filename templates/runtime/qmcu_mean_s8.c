/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_s8.h"

static int32_t sum_of_channel(const qmcu_mean_s8_layer *layer, uint8_t *arena, int32_t channel)
{
    const int32_t channels = layer->input.channels;
    int32_t sum = layer->start[channel];
    for (int32_t y = 0; y < layer->input.height; y++) {
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
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, rect->y0);
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        output[channel] = qmcu_requantize(&layer->requant, channel, sum_of_channel(layer, arena, channel));
    }
}
