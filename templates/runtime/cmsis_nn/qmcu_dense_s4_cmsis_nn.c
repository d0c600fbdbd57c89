/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dense_s4_cmsis_nn.h"

void qmcu_dense_s4_cmsis_nn(const qmcu_dense_s4_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    (void)rect;
    const qmcu_cmsis_nn_sum *sum = &layer->sum;
    const cmsis_nn_context context = {NULL, 0};
    const cmsis_nn_fc_params params = {
        .input_offset = sum->input_offset,
        .filter_offset = 0,
        .output_offset = sum->output_offset,
        .activation = {sum->min, sum->max},
    };
    const cmsis_nn_per_tensor_quant_params quantization = {sum->multiplier[0], sum->shift[0]};
    const int32_t values = layer->input.height * layer->input.width * layer->input.channels;
    const cmsis_nn_dims input = {1, 1, 1, values};
    const cmsis_nn_dims output = {1, 1, 1, layer->output.channels};
    const cmsis_nn_dims filter = {values, 1, 1, output.c};
    const cmsis_nn_dims bias = {1, 1, 1, output.c};
    qmcu_cmsis_nn_expect(arm_fully_connected_s4(&context, &params, &quantization, &input,
                                                qmcu_cmsis_nn_data(&layer->input, arena), &filter, sum->weights, &bias,
                                                sum->bias, &output,
                                                qmcu_cmsis_nn_data(&layer->output, arena)) == ARM_CMSIS_NN_SUCCESS);
}
