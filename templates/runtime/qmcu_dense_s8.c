/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dense_s8.h"

void qmcu_dense_s8(const qmcu_dense_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_dense_s8_channels(layer, arena, rect, 0, layer->output.channels, layer->weights);
}

void qmcu_dense_s8_channels(const qmcu_dense_s8_layer *layer, const qmcu_arena *arena,
                            const qmcu_rect *rect, int32_t first,
                            int32_t channels, const int8_t *w)
{
    const int32_t row_values = layer->input.width * layer->input.channels;
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, rect->y0);
    for (int32_t channel = first; channel < first + channels; channel++) {
        int32_t sum = layer->bias[channel];
        for (int32_t y = 0; y < layer->input.height; y++) {
            const int8_t *x = (const int8_t *)qmcu_row(&layer->input, arena, y);
            for (int32_t i = 0; i < row_values; i++) {
                sum += x[i] * (w[i] - layer->weight_zero_point);
            }
            w += row_values;
        }
        output[channel] = qmcu_requantize(&layer->requant, channel, sum);
    }
}
