/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PAD_S8_H
#define QMCU_PAD_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A copy of the input with a border around it. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    uint16_t pad_top, pad_left;
    const int8_t *pad_pixel; /* what the border holds, one a channel */
} qmcu_pad_s8_layer;

void qmcu_pad_s8(const qmcu_pad_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
