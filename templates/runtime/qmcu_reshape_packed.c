/* SPDX-License-Identifier: 0BSD */
#include "qmcu_reshape_packed.h"
#include "qmcu_packed.h"

void qmcu_reshape_packed(const qmcu_reshape_packed_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const int32_t in_values = layer->input.width * layer->input.channels;
    const int32_t out_values = layer->output.width * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        uint8_t *output = qmcu_row(&layer->output, arena, y);
        for (int32_t i = 0; i < out_values; i++) {
            const int32_t index = y * out_values + i;
            const uint8_t *input = qmcu_row(&layer->input, arena, index / in_values);
            const int8_t value = (int8_t)qmcu_stored_value(input, index % in_values, layer->bits);
            qmcu_pack(&value, 1, layer->bits, output, i);
        }
    }
}
