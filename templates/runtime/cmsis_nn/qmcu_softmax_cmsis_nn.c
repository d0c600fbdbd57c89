/* SPDX-License-Identifier: 0BSD */
#include "qmcu_softmax_cmsis_nn.h"

void qmcu_softmax_cmsis_nn(const qmcu_softmax_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    (void)rect;
    arm_softmax_s8(qmcu_cmsis_nn_data(&layer->input, arena), layer->input.height * layer->input.width,
                   layer->input.channels, layer->multiplier, layer->shift, layer->diff_min,
                   qmcu_cmsis_nn_data(&layer->output, arena));
}
