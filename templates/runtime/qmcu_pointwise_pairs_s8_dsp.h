/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_POINTWISE_PAIRS_S8_DSP_H
#define QMCU_POINTWISE_PAIRS_S8_DSP_H

#include "qmcu_pointwise_s8_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_pointwise_s8_dsp with strides of 1, whole rows from a map of pairs (qmcu_pairs_dsp.h): no chunk of pixels is unpacked. */
typedef qmcu_pointwise_s8_dsp_layer qmcu_pointwise_pairs_s8_dsp_layer;

void qmcu_pointwise_pairs_s8_dsp(const qmcu_pointwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                 const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
