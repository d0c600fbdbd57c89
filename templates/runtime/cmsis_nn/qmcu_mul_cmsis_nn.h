/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MUL_CMSIS_NN_H
#define QMCU_MUL_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The product of two maps of one shape by arm_elementwise_mul_s8. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    int32_t input_offset[2];
    int32_t output_offset;
    int32_t multiplier;
    int32_t shift;
    int32_t min;
    int32_t max;
} qmcu_mul_cmsis_nn_layer;

void qmcu_mul_cmsis_nn(const qmcu_mul_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
