/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_cmsis_nn.h"

void qmcu_depthwise_cmsis_nn(const qmcu_depthwise_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_cmsis_nn_run_depthwise(layer, arena, rect, arm_depthwise_conv_wrapper_s8, arm_depthwise_conv_wrapper_s8_get_buffer_size);
}
