/* SPDX-License-Identifier: 0BSD */
#include "qmcu_reshape_packed.h"
#include "qmcu_packed.h"

void qmcu_reshape_packed(const qmcu_reshape_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t in_channels = layer->input.channels, in_width = layer->input.width;
    const int32_t out_channels = layer->output.channels, out_width = layer->output.width;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        uint8_t *output = qmcu_row(&layer->output, arena, y);
        for (int32_t i = 0; i < out_width * out_channels; i++) {
            const int32_t index = y * out_width * out_channels + i, pixel = index / in_channels;
            const uint8_t *input = qmcu_row(&layer->input, arena, pixel / in_width);
            const int32_t value =
                qmcu_stored_value(input, pixel % in_width, index % in_channels, in_channels, layer->bits);
            qmcu_store_value(output, i / out_channels, i % out_channels, out_channels, layer->bits, value);
        }
    }
}
