/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_REENCODE_MVE_H
#define QMCU_REENCODE_MVE_H

#include "qmcu_reencode.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_reencode. */
typedef qmcu_reencode_layer qmcu_reencode_mve_layer;

void qmcu_reencode_mve(const qmcu_reencode_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
