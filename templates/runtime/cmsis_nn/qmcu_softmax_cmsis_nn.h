/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_SOFTMAX_CMSIS_NN_H
#define QMCU_SOFTMAX_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Softmax along the channels by arm_softmax_s8. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    int32_t multiplier;
    int32_t shift;
    int32_t diff_min;
} qmcu_softmax_cmsis_nn_layer;

void qmcu_softmax_cmsis_nn(const qmcu_softmax_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
