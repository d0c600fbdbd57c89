/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MAX_POOL_S8_DSP_H
#define QMCU_MAX_POOL_S8_DSP_H

#include "qmcu_max_pool_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_max_pool_s8, four channels at a time, of which there are at least as many. */
typedef qmcu_max_pool_s8_layer qmcu_max_pool_s8_dsp_layer;

void qmcu_max_pool_s8_dsp(const qmcu_max_pool_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
