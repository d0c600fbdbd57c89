/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_cmsis_nn.h"

void qmcu_avg_pool_cmsis_nn(const qmcu_avg_pool_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    (void)rect;
    const qmcu_window *window = &layer->window;
    const cmsis_nn_context context = qmcu_cmsis_nn_context(&layer->scratch, arena);
    const cmsis_nn_pool_params params = {
        .stride = {window->stride_w, window->stride_h},
        .padding = {window->pad_left, window->pad_top},
        .activation = {layer->min, layer->max},
    };
    const cmsis_nn_dims input = qmcu_cmsis_nn_dims(&layer->input);
    const cmsis_nn_dims output = qmcu_cmsis_nn_dims(&layer->output);
    const cmsis_nn_dims filter = {1, window->kernel_h, window->kernel_w, 1};
#ifdef QMCU_CMSIS_NN_CHECKS
    qmcu_cmsis_nn_expect(arm_avgpool_s8_get_buffer_size(output.w, input.c) == (int32_t)layer->scratch.bytes);
#endif
    qmcu_cmsis_nn_expect(arm_avgpool_s8(&context, &params, &input, qmcu_cmsis_nn_data(&layer->input, arena), &filter,
                                        &output, qmcu_cmsis_nn_data(&layer->output, arena)) == ARM_CMSIS_NN_SUCCESS);
}
