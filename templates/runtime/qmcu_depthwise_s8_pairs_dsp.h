/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_S8_PAIRS_DSP_H
#define QMCU_DEPTHWISE_S8_PAIRS_DSP_H

#include "qmcu_depthwise_s8_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_depthwise_s8_dsp, whole rows of a map of pairs (qmcu_pairs_dsp.h). Outputs are limited by their 8 bits alone. */
typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_s8_pairs_dsp_layer;
typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_3x3_s8_pairs_dsp_layer;
typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_5x5_s8_pairs_dsp_layer;
typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_7x7_s8_pairs_dsp_layer;

void qmcu_depthwise_s8_pairs_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                 const qmcu_rect *rect);
void qmcu_depthwise_3x3_s8_pairs_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                     const qmcu_rect *rect);
void qmcu_depthwise_5x5_s8_pairs_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                     const qmcu_rect *rect);
void qmcu_depthwise_7x7_s8_pairs_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                     const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
