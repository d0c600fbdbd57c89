/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mul_cmsis_nn.h"

void qmcu_mul_cmsis_nn(const qmcu_mul_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    (void)rect;
    const int32_t values = layer->output.height * layer->output.width * layer->output.channels;
    qmcu_cmsis_nn_expect(
        arm_elementwise_mul_s8(qmcu_cmsis_nn_data(&layer->input[0], arena), qmcu_cmsis_nn_data(&layer->input[1], arena),
                               layer->input_offset[0], layer->input_offset[1],
                               qmcu_cmsis_nn_data(&layer->output, arena), layer->output_offset, layer->multiplier,
                               layer->shift, layer->min, layer->max, values) == ARM_CMSIS_NN_SUCCESS);
}
