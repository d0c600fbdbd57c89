/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_RESHAPE_PACKED_H
#define QMCU_RESHAPE_PACKED_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_reshape on packed maps (qmcu_packed.h), whose rows may end within a byte. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    uint8_t bits; /* of both maps */
} qmcu_reshape_packed_layer;

void qmcu_reshape_packed(const qmcu_reshape_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
