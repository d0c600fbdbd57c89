/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_AVG_POOL_S8_H
#define QMCU_AVG_POOL_S8_H

#include "qmcu_avg_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

void qmcu_avg_pool_s8(const qmcu_avg_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
