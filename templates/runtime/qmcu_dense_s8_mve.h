/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_S8_MVE_H
#define QMCU_DENSE_S8_MVE_H

#include "qmcu_dense_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_dense_s8, for at least four output channels. */
typedef qmcu_dense_s8_layer qmcu_dense_s8_mve_layer;

void qmcu_dense_s8_mve(const qmcu_dense_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
