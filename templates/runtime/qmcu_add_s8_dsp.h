/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_S8_DSP_H
#define QMCU_ADD_S8_DSP_H

#include "qmcu_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * As qmcu_add_s8, for a left shift of at most 20, an output shift of -1 ... -22, and inputs that each have a shift of -1 or
 * less, or else a shift of 0 and 2^30 for a multiplier, which is half.
 */
typedef qmcu_add_s8_layer qmcu_add_s8_dsp_layer;

void qmcu_add_s8_dsp(const qmcu_add_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
