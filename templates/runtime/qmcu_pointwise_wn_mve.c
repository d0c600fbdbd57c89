/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pointwise_wn_mve.h"

void qmcu_pointwise_wn_mve(const qmcu_pointwise_wn_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    qmcu_pointwise_s8_mve_layer some = layer->pointwise;
    for (int32_t first = 0; first < channels; first += some.multiply.channels) {
        some.output.offset = layer->output.offset + (uint32_t)first;
        qmcu_unpack_stream(&layer->weights, arena, channels, first, &some.multiply);
        qmcu_pointwise_s8_mve(&some, arena, rect);
    }
}
