/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MEAN_S8_DSP_H
#define QMCU_MEAN_S8_DSP_H

#include "qmcu_mean.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_mean_s8, with sums of 16 bits two in a word. */
typedef qmcu_mean_s8_layer qmcu_mean_s8_dsp_layer;

void qmcu_mean_s8_dsp(const qmcu_mean_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
