/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_CMSIS_NN_H
#define QMCU_CONV_CMSIS_NN_H

#include "../qmcu_window.h"
#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A convolution in one group by arm_convolve_wrapper_s8, weights [output channels][kernel_h][kernel_w][input channels]. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_cmsis_nn_sum sum;
    qmcu_cmsis_nn_scratch scratch;
} qmcu_conv_cmsis_nn_layer;

void qmcu_conv_cmsis_nn(const qmcu_conv_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
