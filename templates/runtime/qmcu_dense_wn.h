/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_WN_H
#define QMCU_DENSE_WN_H

#include "qmcu_dense_s8.h"
#include "qmcu_weights.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_dense_s8 with weights of 2 to 7 bits, unpacked a few output channels at a time. */
typedef struct {
    qmcu_map output;
    qmcu_dense_s8_layer dense; /* its own weights are NULL */
    qmcu_packed_weights weights; /* [output channels][input height][input width][input channels] */
} qmcu_dense_wn_layer;

void qmcu_dense_wn(const qmcu_dense_wn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
