/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_SINGLE_S8_H
#define QMCU_ADD_SINGLE_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Sum of two maps of one shape in one rounding: y = (a * m0 + b * m1 + offset) >> shift, where the offset contains the zero
 * points and the half that rounds. The output may coincide with an input.
 */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    int16_t multiplier[2];
    int32_t offset;
    int16_t shift;
    int16_t min;
    int16_t max;
} qmcu_add_single_s8_layer;

void qmcu_add_single_s8(const qmcu_add_single_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
