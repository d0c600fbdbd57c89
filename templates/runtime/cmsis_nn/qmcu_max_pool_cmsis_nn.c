/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_pool_cmsis_nn.h"

void qmcu_max_pool_cmsis_nn(const qmcu_max_pool_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_window *window = &layer->window;
    const cmsis_nn_context context = qmcu_cmsis_nn_context(&layer->scratch, arena);
    cmsis_nn_pool_params params = {
        .stride = {window->stride_w, window->stride_h},
        .activation = {layer->min, layer->max},
    };
    const cmsis_nn_dims filter = {1, window->kernel_h, window->kernel_w, 1};
    qmcu_cmsis_nn_part part =
        qmcu_cmsis_nn_parts_of(&layer->input, &layer->output, window, &layer->cut, rect, arena);
    while (qmcu_cmsis_nn_next_part(&part)) {
        params.padding = part.padding;
        qmcu_cmsis_nn_expect(arm_max_pool_s8(&context, &params, &part.input_dims, part.input, &filter, &part.output_dims,
                                            part.output) == ARM_CMSIS_NN_SUCCESS);
        qmcu_cmsis_nn_keep_part(&part);
    }
}
