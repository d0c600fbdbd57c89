/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_CMSIS_NN_H
#define QMCU_CONV_CMSIS_NN_H

#include "qmcu_cmsis_nn_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A convolution in one group by arm_convolve_wrapper_s8, weights [output channels][kernel_h][kernel_w][input channels]. */
typedef qmcu_cmsis_nn_window_layer qmcu_conv_cmsis_nn_layer;

void qmcu_conv_cmsis_nn(const qmcu_conv_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
