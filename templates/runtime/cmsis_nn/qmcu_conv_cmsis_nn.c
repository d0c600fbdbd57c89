/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_cmsis_nn.h"

void qmcu_conv_cmsis_nn(const qmcu_conv_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_cmsis_nn_run_convolve(layer, arena, rect, arm_convolve_wrapper_s8, arm_convolve_wrapper_s8_get_buffer_size);
}
