/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_wn.h"

void qmcu_conv_wn(const qmcu_conv_wn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t group_channels = layer->output.channels / layer->conv.groups;
    const int32_t count = qmcu_conv_s8_channel_weights(&layer->conv);
    int8_t *unpacked = (int8_t *)qmcu_at(arena, layer->weights.scratch);
    int32_t channels;
    for (int32_t first = 0; first < layer->output.channels; first += channels) {
        const int32_t left_in_group = group_channels - first % group_channels;
        channels = left_in_group < layer->weights.block ? left_in_group : layer->weights.block;
        for (int32_t i = 0; i < channels; i++) {
            qmcu_unpack_weights(&layer->weights, first + i, count, unpacked + i * count, 1);
        }
        qmcu_conv_s8_channels(&layer->conv, arena, rect, first, channels, unpacked);
    }
}
