/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BINARY_EXTREMUM_S8_H
#define QMCU_BINARY_EXTREMUM_S8_H

#include "qmcu_binary.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The smaller or larger of two values; operands and output share one quantization. The output may coincide with an operand of
 * its shape.
 */
typedef struct {
    qmcu_operand operand[2];
    qmcu_map output;
    int16_t takes_larger;
    int16_t min;
    int16_t max;
} qmcu_binary_extremum_s8_layer;

void qmcu_binary_extremum_s8(const qmcu_binary_extremum_s8_layer *layer, const qmcu_arena *arena,
                             const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
