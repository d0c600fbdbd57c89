/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_CMSIS_NN_H
#define QMCU_DEPTHWISE_CMSIS_NN_H

#include "qmcu_cmsis_nn_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A depthwise convolution by arm_depthwise_conv_wrapper_s8, weights [kernel_h][kernel_w][output channels]. */
typedef qmcu_cmsis_nn_window_layer qmcu_depthwise_cmsis_nn_layer;

void qmcu_depthwise_cmsis_nn(const qmcu_depthwise_cmsis_nn_layer *layer, const qmcu_arena *arena,
                             const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
