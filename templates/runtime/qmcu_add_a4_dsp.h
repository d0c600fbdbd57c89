/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_A4_DSP_H
#define QMCU_ADD_A4_DSP_H

#include "qmcu_add_channels_s8_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_add_channels_s8_dsp, of maps of 4 bits: both columns that share their bytes (qmcu_packed.h) at once. */
typedef qmcu_add_channels_s8_dsp_layer qmcu_add_a4_dsp_layer;

void qmcu_add_a4_dsp(const qmcu_add_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
