/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_SINGLE_S8_DSP_H
#define QMCU_ADD_SINGLE_S8_DSP_H

#include "qmcu_add_single_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_add_single_s8. */
typedef qmcu_add_single_s8_layer qmcu_add_single_s8_dsp_layer;

void qmcu_add_single_s8_dsp(const qmcu_add_single_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
