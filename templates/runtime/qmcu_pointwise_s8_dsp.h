/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_POINTWISE_S8_DSP_H
#define QMCU_POINTWISE_S8_DSP_H

#include "qmcu_map.h"
#include "qmcu_tile_s8_dsp.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A 1x1 convolution of any stride, without padding. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_tile_s8_dsp tile;
    uint32_t scratch; /* offset in the arena */
} qmcu_pointwise_s8_dsp_layer;

void qmcu_pointwise_s8_dsp(const qmcu_pointwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
