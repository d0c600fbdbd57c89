/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_cmsis_nn.h"

void qmcu_add_cmsis_nn(const qmcu_add_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    (void)rect;
    const int32_t values = layer->output.height * layer->output.width * layer->output.channels;
    qmcu_cmsis_nn_expect(
        arm_elementwise_add_s8(qmcu_cmsis_nn_data(&layer->input[0], arena), qmcu_cmsis_nn_data(&layer->input[1], arena),
                               -layer->input_zero_point[0], layer->input_multiplier[0], layer->input_shift[0],
                               -layer->input_zero_point[1], layer->input_multiplier[1], layer->input_shift[1],
                               layer->left_shift, qmcu_cmsis_nn_data(&layer->output, arena), layer->output_zero_point,
                               layer->output_multiplier, layer->output_shift, layer->min, layer->max,
                               values) == ARM_CMSIS_NN_SUCCESS);
}
