/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_AVG_POOL_PACKED_H
#define QMCU_AVG_POOL_PACKED_H

#include "qmcu_avg_pool.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_avg_pool_s8 on packed maps (qmcu_packed.h), which it reads value by value as qmcu_mean_packed does. */
typedef struct {
    qmcu_map output;
    qmcu_avg_pool_s8_layer pool;
    uint8_t bits; /* of both maps */
} qmcu_avg_pool_packed_layer;

void qmcu_avg_pool_packed(const qmcu_avg_pool_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
