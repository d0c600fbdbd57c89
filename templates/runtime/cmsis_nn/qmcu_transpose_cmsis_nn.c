/* SPDX-License-Identifier: 0BSD */
#include "qmcu_transpose_cmsis_nn.h"

void qmcu_transpose_cmsis_nn(const qmcu_transpose_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    (void)rect;
    const cmsis_nn_dims input = qmcu_cmsis_nn_dims(&layer->input);
    const cmsis_nn_dims output = qmcu_cmsis_nn_dims(&layer->output);
    const cmsis_nn_transpose_params params = {4, layer->order};
    qmcu_cmsis_nn_expect(arm_transpose_s8(qmcu_cmsis_nn_data(&layer->input, arena),
                                          qmcu_cmsis_nn_data(&layer->output, arena), &input, &output,
                                          &params) == ARM_CMSIS_NN_SUCCESS);
}
