/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_POINTWISE_WN_MVE_H
#define QMCU_POINTWISE_WN_MVE_H

#include "qmcu_pointwise_s8_mve.h"
#include "qmcu_stream_wn_mve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A 1x1 convolution as qmcu_pointwise_s8_mve computes it, copying no pixels, with weights of 2 to 7 bits, unpacked some channels at a time. */
typedef struct {
    qmcu_map output;
    qmcu_pointwise_s8_mve_layer pointwise; /* its own stream is NULL */
    qmcu_stream_wn_mve weights;
} qmcu_pointwise_wn_mve_layer;

void qmcu_pointwise_wn_mve(const qmcu_pointwise_wn_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
