/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_CMSIS_NN_H
#define QMCU_DEPTHWISE_CMSIS_NN_H

#include "../qmcu_window.h"
#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A depthwise convolution by arm_depthwise_conv_wrapper_s8, weights [kernel_h][kernel_w][output channels]. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_cmsis_nn_sum sum;
    qmcu_cmsis_nn_scratch scratch;
} qmcu_depthwise_cmsis_nn_layer;

void qmcu_depthwise_cmsis_nn(const qmcu_depthwise_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
