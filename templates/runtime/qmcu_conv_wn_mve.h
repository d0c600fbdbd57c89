/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_WN_MVE_H
#define QMCU_CONV_WN_MVE_H

#include "qmcu_conv_s8_mve.h"
#include "qmcu_stream_wn_mve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A convolution as qmcu_conv_s8_mve computes it, with weights of 2 to 7 bits, unpacked some channels at a time. */
typedef struct {
    qmcu_map output;
    qmcu_conv_s8_mve_layer conv; /* its own stream is NULL */
    qmcu_stream_wn_mve weights;
} qmcu_conv_wn_mve_layer;

void qmcu_conv_wn_mve(const qmcu_conv_wn_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
