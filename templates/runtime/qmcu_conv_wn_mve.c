/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_wn_mve.h"

void qmcu_conv_wn_mve(const qmcu_conv_wn_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    qmcu_conv_s8_mve_layer some = layer->conv;
    for (int32_t first = 0; first < channels; first += some.multiply.channels) {
        some.output.offset = layer->output.offset + (uint32_t)first;
        qmcu_unpack_stream(&layer->weights, arena, channels, first, &some.multiply);
        qmcu_conv_s8_mve(&some, arena, rect);
    }
}
