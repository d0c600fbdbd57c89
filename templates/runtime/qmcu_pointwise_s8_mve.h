/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_POINTWISE_S8_MVE_H
#define QMCU_POINTWISE_S8_MVE_H

#include "qmcu_map.h"
#include "qmcu_multiply_mve.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A 1x1 convolution of any stride, without padding. With stride 1 it may copy pixels before it computes them, so that outputs
 * of no more channels may take their place.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_multiply_mve multiply;
    uint16_t copied_pixels; /* at once, an even number; 0: they are read where they stand */
    uint32_t scratch;       /* offset of their copies in the arena */
} qmcu_pointwise_s8_mve_layer;

void qmcu_pointwise_s8_mve(const qmcu_pointwise_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
