/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_S4_CMSIS_NN_H
#define QMCU_CONV_S4_CMSIS_NN_H

#include "qmcu_cmsis_nn_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_conv_cmsis_nn with weights of 4 bits by arm_convolve_wrapper_s4, two in a byte, the first in its low half. */
typedef qmcu_cmsis_nn_window_layer qmcu_conv_s4_cmsis_nn_layer;

void qmcu_conv_s4_cmsis_nn(const qmcu_conv_s4_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
