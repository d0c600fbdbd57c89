/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MAX_CMSIS_NN_H
#define QMCU_MAX_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The larger of the values of two maps of one shape and quantization by arm_maximum_s8. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
} qmcu_max_cmsis_nn_layer;

void qmcu_max_cmsis_nn(const qmcu_max_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
