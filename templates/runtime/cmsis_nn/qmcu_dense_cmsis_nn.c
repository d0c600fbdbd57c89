/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dense_cmsis_nn.h"

void qmcu_dense_cmsis_nn(const qmcu_dense_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    (void)rect;
    const qmcu_cmsis_nn_sum *sum = &layer->sum;
    const cmsis_nn_context context = qmcu_cmsis_nn_context(&layer->scratch, arena);
    const cmsis_nn_fc_params params = {
        .input_offset = sum->input_offset,
        .filter_offset = 0,
        .output_offset = sum->output_offset,
        .activation = {sum->min, sum->max},
    };
    const cmsis_nn_quant_params quantization = {(int32_t *)(uintptr_t)sum->multiplier,
                                                (int32_t *)(uintptr_t)sum->shift, layer->is_per_channel};
    const int32_t values = layer->input.height * layer->input.width * layer->input.channels;
    const cmsis_nn_dims input = {1, 1, 1, values};
    const cmsis_nn_dims output = {1, 1, 1, layer->output.channels};
    const cmsis_nn_dims filter = {values, 1, 1, output.c};
    const cmsis_nn_dims bias = {1, 1, 1, output.c};
#ifdef QMCU_CMSIS_NN_CHECKS
    qmcu_cmsis_nn_expect(
        qmcu_cmsis_nn_foresees(&layer->scratch, arm_fully_connected_s8_get_buffer_size(&filter)));
#endif
    if (context.buf != NULL) {
        /* With vectors the library wants the sums of the weights of each channel, bias included. */
        qmcu_cmsis_nn_expect(arm_vector_sum_s8((int32_t *)context.buf, values, output.c, sum->weights,
                                               sum->input_offset, 0, sum->bias) == ARM_CMSIS_NN_SUCCESS);
    }
    qmcu_cmsis_nn_expect(arm_fully_connected_wrapper_s8(&context, &params, &quantization, &input,
                                                        qmcu_cmsis_nn_data(&layer->input, arena), &filter, sum->weights,
                                                        &bias, sum->bias, &output,
                                                        qmcu_cmsis_nn_data(&layer->output, arena)) ==
                         ARM_CMSIS_NN_SUCCESS);
}
