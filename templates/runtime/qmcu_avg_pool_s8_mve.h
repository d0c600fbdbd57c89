/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_AVG_POOL_S8_MVE_H
#define QMCU_AVG_POOL_S8_MVE_H

#include "qmcu_avg_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_avg_pool_s8, with eight sums of 16 bits at once. */
typedef qmcu_avg_pool_s8_layer qmcu_avg_pool_s8_mve_layer;

void qmcu_avg_pool_s8_mve(const qmcu_avg_pool_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
