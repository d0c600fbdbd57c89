/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_cmsis_nn.h"

void qmcu_max_cmsis_nn(const qmcu_max_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    (void)rect;
    const cmsis_nn_context context = {NULL, 0};
    const cmsis_nn_dims dims = qmcu_cmsis_nn_dims(&layer->output);
    qmcu_cmsis_nn_expect(arm_maximum_s8(&context, qmcu_cmsis_nn_data(&layer->input[0], arena), &dims,
                                        qmcu_cmsis_nn_data(&layer->input[1], arena), &dims,
                                        qmcu_cmsis_nn_data(&layer->output, arena), &dims) == ARM_CMSIS_NN_SUCCESS);
}
