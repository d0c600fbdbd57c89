/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BINARY_SUM_S8_H
#define QMCU_BINARY_SUM_S8_H

#include "qmcu_binary.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sum or difference as TensorFlow Lite computes it: both operands raised by left_shift bits and requantized to a common scale
 * (the multiplier of what is subtracted is negative), their sum requantized to that of the output. The output may coincide
 * with an operand of its shape.
 */
typedef struct {
    qmcu_operand operand[2];
    qmcu_map output;
    int16_t left_shift;
    int16_t output_zero_point;
    int32_t input_multiplier[2];
    int16_t input_shift[2];
    int32_t output_multiplier;
    int16_t output_shift;
    int16_t min;
    int16_t max;
} qmcu_binary_sum_s8_layer;

void qmcu_binary_sum_s8(const qmcu_binary_sum_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
