/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_WN_H
#define QMCU_DEPTHWISE_WN_H

#include "qmcu_depthwise_s8.h"
#include "qmcu_weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_depthwise_s8 with weights of 2 to 7 bits, unpacked a few output channels at a time. */
typedef struct {
    qmcu_map output;
    qmcu_depthwise_s8_layer depthwise; /* its own weights are NULL */
    qmcu_packed_weights weights; /* [output channels][kernel_h][kernel_w] */
} qmcu_depthwise_wn_layer;

void qmcu_depthwise_wn(const qmcu_depthwise_wn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
