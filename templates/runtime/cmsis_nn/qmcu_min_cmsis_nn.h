/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MIN_CMSIS_NN_H
#define QMCU_MIN_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The smaller of the values of two maps of one shape and quantization by arm_minimum_s8. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
} qmcu_min_cmsis_nn_layer;

void qmcu_min_cmsis_nn(const qmcu_min_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
