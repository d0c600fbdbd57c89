/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_wn.h"

void qmcu_depthwise_wn(const qmcu_depthwise_wn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t taps = layer->depthwise.window.kernel_h * layer->depthwise.window.kernel_w;
    int8_t *unpacked = (int8_t *)qmcu_at(arena, layer->weights.scratch);
    for (int32_t first = 0; first < layer->output.channels; first += layer->weights.block) {
        const int32_t left = layer->output.channels - first;
        const int32_t channels = left < layer->weights.block ? left : layer->weights.block;
        for (int32_t i = 0; i < channels; i++) {
            qmcu_unpack_weights(&layer->weights, first + i, taps, unpacked + i, channels);
        }
        qmcu_depthwise_s8_channels(&layer->depthwise, arena, rect, first, channels, unpacked, channels);
    }
}
