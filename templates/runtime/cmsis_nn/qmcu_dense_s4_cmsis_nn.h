/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_S4_CMSIS_NN_H
#define QMCU_DENSE_S4_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A dense layer of one multiplier by arm_fully_connected_s4, weights of 4 bits, two in a byte, the first in its low half. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_cmsis_nn_sum sum;
} qmcu_dense_s4_cmsis_nn_layer;

void qmcu_dense_s4_cmsis_nn(const qmcu_dense_s4_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
