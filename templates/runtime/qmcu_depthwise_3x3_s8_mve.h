/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_3X3_S8_MVE_H
#define QMCU_DEPTHWISE_3X3_S8_MVE_H

#include "qmcu_map.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A depthwise 3x3 convolution of stride 1 or 2 both ways, one output channel an input channel, without dilation, whose outputs
 * may be all of -128 ... 127.
 *
 * Of up to 16 channels at a time the input is laid out as planes, one a channel, from where it is read until all rows are
 * computed. Row r of column x is byte 4 * x + r: a window is three bytes of each of three words, 11 bytes, whatever its row,
 * and further down rows take the place of those that nothing reads any more. So a load of 16 bytes holds the windows of two
 * rows by two columns of outputs. Of a map that is higher than wide columns may take the place of rows, and rows that of
 * columns, so that there is more to compute at a time.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    const int8_t *weights;    /* [channels][16]: five zeros, then words of three weights, by column, the fourth byte zero */
    const int32_t *constants; /* [channels]: bias (input zero point folded in), multiplier, and with two roundings shift */
    const int8_t *pad_pixel;  /* one value an input channel; NULL without padding */
    int16_t zero_point;       /* of the output */
    uint8_t rounds_twice;     /* by multipliers and shifts -1 ... -22; else once, by multipliers / 2^32 */
    uint8_t planes;           /* 8, or 16 */
    uint16_t chunk_columns;   /* output columns, and */
    uint16_t chunk_rows;      /* rows, whose windows fit in a plane */
    uint16_t plane_bytes;     /* from one plane to the next: even, at most 4368 */
    uint32_t scratch;         /* offset in the arena of the planes, and of 32 bytes behind them */
    uint32_t turned_weights;  /* the same of 16 bytes a plane and 16 more, where columns may take the place of rows; else 0 */
} qmcu_depthwise_3x3_s8_mve_layer;

void qmcu_depthwise_3x3_s8_mve(const qmcu_depthwise_3x3_s8_mve_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
