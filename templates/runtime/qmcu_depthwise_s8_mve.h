/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_S8_MVE_H
#define QMCU_DEPTHWISE_S8_MVE_H

#include "qmcu_map.h"
#include "qmcu_requant.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A depthwise convolution of at least 8 channels, one output channel an input channel, without dilation. Of eight channels
 * at a time, the input under the windows of up to `rows` output rows is laid out as one plane a channel, column by column. There
 * a window is one run of values, with rows of other windows between its own: their weights are zero.
 *
 * With two roundings every shift is -1 ... -22.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    const int8_t *weights;   /* [channels][blocks][16]: [kernel_w][plane rows] and zeros */
    const int32_t *bias;     /* as in qmcu_depthwise_s8 */
    const int8_t *pad_pixel; /* one an input channel; NULL without padding */
    qmcu_requant requant;
    uint16_t rows;          /* output rows under which a plane reaches: 4, or 1 where their windows take fewer blocks */
    uint16_t blocks;        /* of 16 values, a window */
    uint16_t chunk_columns; /* output columns whose windows fit in a plane */
    uint16_t plane_bytes;   /* from one plane to the next, at most 8191 */
    uint32_t scratch;       /* offset in the arena of eight planes, and of 15 bytes that reading the last one may touch */
} qmcu_depthwise_s8_mve_layer;

void qmcu_depthwise_s8_mve(const qmcu_depthwise_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
