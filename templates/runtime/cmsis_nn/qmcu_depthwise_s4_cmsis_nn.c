/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_s4_cmsis_nn.h"

void qmcu_depthwise_s4_cmsis_nn(const qmcu_depthwise_s4_cmsis_nn_layer *layer, const qmcu_arena *arena,
                                const qmcu_rect *rect)
{
    qmcu_cmsis_nn_run_depthwise(layer, arena, rect, arm_depthwise_conv_wrapper_s4, arm_depthwise_conv_wrapper_s4_get_buffer_size);
}
