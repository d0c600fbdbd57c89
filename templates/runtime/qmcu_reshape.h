/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_RESHAPE_H
#define QMCU_RESHAPE_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The values of the input in the same order under another shape; both maps are stored in full width. The output may coincide
 * with the input where both hold their rows without gaps.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
} qmcu_reshape_layer;

void qmcu_reshape(const qmcu_reshape_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
