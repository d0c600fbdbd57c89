/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pad_cmsis_nn.h"

void qmcu_pad_cmsis_nn(const qmcu_pad_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    (void)rect;
    const cmsis_nn_dims input = qmcu_cmsis_nn_dims(&layer->input);
    const cmsis_nn_dims before = {0, layer->pad_top, layer->pad_left, 0};
    const cmsis_nn_dims after = {0, layer->pad_bottom, layer->pad_right, 0};
    qmcu_cmsis_nn_expect(arm_pad_s8(qmcu_cmsis_nn_data(&layer->input, arena), qmcu_cmsis_nn_data(&layer->output, arena),
                                    (int8_t)layer->value, &input, &before, &after) == ARM_CMSIS_NN_SUCCESS);
}
