/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_CMSIS_NN_H
#define QMCU_ADD_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The sum of two maps by arm_elementwise_add_s8; fields as in qmcu_add_s8_layer. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    int32_t input_zero_point[2];
    int32_t left_shift;
    int32_t output_zero_point;
    int32_t input_multiplier[2];
    int32_t input_shift[2];
    int32_t output_multiplier;
    int32_t output_shift;
    int32_t min;
    int32_t max;
} qmcu_add_cmsis_nn_layer;

void qmcu_add_cmsis_nn(const qmcu_add_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
