/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_AVG_POOL_H
#define QMCU_AVG_POOL_H

#include "qmcu_fold.h"
#include "qmcu_pixel_sums.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Average over the part of the window that lies inside the map, halves away from the origin. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    int16_t origin; /* 0; -128 in a model imported from unsigned maps */
    int16_t min;
    int16_t max;
    qmcu_fold fold; /* of a window as high as the map */
} qmcu_avg_pool_s8_layer;

/* With sums added up by `add`. */
void qmcu_avg_pool(const qmcu_avg_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                   qmcu_pixel_sums *add);

#ifdef __cplusplus
}
#endif

#endif
