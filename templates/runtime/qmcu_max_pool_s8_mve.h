/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MAX_POOL_S8_MVE_H
#define QMCU_MAX_POOL_S8_MVE_H

#include "qmcu_max_pool_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_max_pool_s8, 16 channels at once. */
typedef qmcu_max_pool_s8_layer qmcu_max_pool_s8_mve_layer;

void qmcu_max_pool_s8_mve(const qmcu_max_pool_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
