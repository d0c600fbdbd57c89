/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BINARY_PRELU_S8_H
#define QMCU_BINARY_PRELU_S8_H

#include "qmcu_binary.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * TensorFlow Lite's PRELU: the first value requantized where it is not negative, its product with the second elsewhere. The
 * output may coincide with an operand of its shape.
 */
typedef struct {
    qmcu_operand operand[2];
    qmcu_map output;
    int16_t output_zero_point;
    int32_t multiplier[2]; /* of values, of products */
    int16_t shift[2];
    int16_t min;
    int16_t max;
} qmcu_binary_prelu_s8_layer;

void qmcu_binary_prelu_s8(const qmcu_binary_prelu_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
