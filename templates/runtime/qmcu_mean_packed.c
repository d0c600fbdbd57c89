/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_packed.h"
#include "qmcu_packed.h"

static int32_t sum_of_channel(const qmcu_mean_packed_layer *layer, uint8_t *arena, int32_t channel)
{
    const qmcu_map *input = &layer->mean.input;
    int32_t sum = layer->mean.start[channel];
    for (int32_t y = 0; y < input->height; y++) {
        const uint8_t *row = qmcu_row(input, arena, y);
        for (int32_t x = 0; x < input->width; x++) {
            sum += qmcu_stored_value(row, x, channel, input->channels, layer->input_bits);
        }
    }
    return sum;
}

void qmcu_mean_packed(const qmcu_mean_packed_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    uint8_t *output = qmcu_row(&layer->output, arena, rect->y0);
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        int8_t value = qmcu_requantize(&layer->mean.requant, channel, sum_of_channel(layer, arena, channel));
        if (layer->zero_points != NULL) {
            value = (int8_t)qmcu_clamp(value + layer->zero_points[channel], layer->min, layer->max);
        }
        qmcu_store_value(output, 0, channel, layer->output.channels, layer->output_bits, value);
    }
}
