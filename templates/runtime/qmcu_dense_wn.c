/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dense_wn.h"

void qmcu_dense_wn(const qmcu_dense_wn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_map *input = &layer->dense.input;
    const int32_t count = input->height * input->width * input->channels;
    int8_t *unpacked = (int8_t *)qmcu_at(arena, layer->weights.scratch);
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        qmcu_unpack_weights(&layer->weights, channel, count, unpacked, 1);
        qmcu_dense_s8_channels(&layer->dense, arena, rect, channel, 1, unpacked);
    }
}
