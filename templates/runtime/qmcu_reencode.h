/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_REENCODE_H
#define QMCU_REENCODE_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Between unsigned and signed bytes of the same values: the top bit flipped. The output may coincide with the input. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
} qmcu_reencode_layer;

void qmcu_reencode(const qmcu_reencode_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
