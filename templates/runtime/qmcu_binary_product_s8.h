/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BINARY_PRODUCT_S8_H
#define QMCU_BINARY_PRODUCT_S8_H

#include "qmcu_binary.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Product as TensorFlow Lite computes it. The output may coincide with an operand of its shape. */
typedef struct {
    qmcu_operand operand[2];
    qmcu_map output;
    int16_t output_zero_point;
    int16_t shift;
    int32_t multiplier;
    int16_t min;
    int16_t max;
} qmcu_binary_product_s8_layer;

void qmcu_binary_product_s8(const qmcu_binary_product_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
