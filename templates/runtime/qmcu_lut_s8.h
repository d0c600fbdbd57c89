/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_LUT_S8_H
#define QMCU_LUT_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = table[x + 128] for each value by itself. The output may coincide with the input. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    const int8_t *table; /* 256 values */
} qmcu_lut_s8_layer;

void qmcu_lut_s8(const qmcu_lut_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
