/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_S8_MVE_H
#define QMCU_CONV_S8_MVE_H

#include "qmcu_map.h"
#include "qmcu_multiply_mve.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A convolution in one group, without dilation of columns. The input under a row of windows, with its padding, is copied to
 * a band, column by column, so that every window is one run of values, of which neighbours share all but a few; the weights
 * are in the same order, [kernel_w][kernel_h][input channels]. Rows further down take the place of those that no window reads
 * any more: there the windows begin some pixels later.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_multiply_mve multiply;
    const int8_t *pad_pixel; /* one value an input channel; NULL without padding */
    uint16_t chunk_columns;  /* output columns whose windows fit in the band */
    uint16_t chunk_rows;     /* output rows after which the band is filled anew; 1 where rows are dilated */
    uint16_t waits;          /* whether, of an odd number of pixels, the last window waits behind the band for the next row */
    uint32_t band_bytes;
    uint32_t scratch;        /* offset of the band in the arena */
} qmcu_conv_s8_mve_layer;

void qmcu_conv_s8_mve(const qmcu_conv_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
