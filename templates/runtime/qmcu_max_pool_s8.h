/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MAX_POOL_S8_H
#define QMCU_MAX_POOL_S8_H

#include "qmcu_map.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Maximum over the part of the window that lies inside the map. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    int16_t min;
    int16_t max;
} qmcu_max_pool_s8_layer;

void qmcu_max_pool_s8(const qmcu_max_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
