/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_RESIZE_S8_H
#define QMCU_RESIZE_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Bilinear interpolation as TensorFlow Lite computes it. Each row and column of the output has three numbers: the rows (or
 * columns) of the input between which it lies, and its distance from the first in 1/1024.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    const int16_t *rows;
    const int16_t *columns;
} qmcu_resize_s8_layer;

void qmcu_resize_s8(const qmcu_resize_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
