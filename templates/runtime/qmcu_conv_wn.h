/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_WN_H
#define QMCU_CONV_WN_H

#include "qmcu_conv_s8.h"
#include "qmcu_weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_conv_s8 with weights of 2 to 7 bits, unpacked a few output channels at a time. */
typedef struct {
    qmcu_map output;
    qmcu_conv_s8_layer conv; /* its own weights are NULL */
    qmcu_packed_weights weights; /* [output channels][kernel_h][kernel_w][input channels / groups] */
} qmcu_conv_wn_layer;

void qmcu_conv_wn(const qmcu_conv_wn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
