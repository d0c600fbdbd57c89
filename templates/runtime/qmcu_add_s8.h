/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_S8_H
#define QMCU_ADD_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sum of two maps of one shape as TensorFlow Lite computes it: both inputs raised by left_shift bits and requantized to a
 * common scale, their sum requantized to that of the output. The output may coincide with an input.
 */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    int16_t input_zero_point[2];
    int16_t left_shift;
    int16_t output_zero_point;
    int32_t input_multiplier[2];
    int16_t input_shift[2];
    int32_t output_multiplier;
    int16_t output_shift;
    int16_t min;
    int16_t max;
} qmcu_add_s8_layer;

void qmcu_add_s8(const qmcu_add_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
