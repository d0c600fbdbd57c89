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
 * are in the same order, [kernel_w][kernel_h][input channels].
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_multiply_mve multiply;
    const int8_t *pad_pixel; /* one value an input channel; NULL without padding */
    uint16_t chunk_columns;  /* output columns whose windows fit in the band */
    uint16_t chunk_rows;     /* output rows that have a band at once: 1, or 2 */
    uint32_t band_bytes;     /* of one output row */
    uint32_t scratch;        /* offset of the bands in the arena */
} qmcu_conv_s8_mve_layer;

void qmcu_conv_s8_mve(const qmcu_conv_s8_mve_layer *layer, uint8_t *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
