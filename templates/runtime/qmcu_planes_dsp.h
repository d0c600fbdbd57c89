/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANES_DSP_H
#define QMCU_PLANES_DSP_H

#include "qmcu_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What depthwise kernels work on: four channels of a tile of the input, laid out as planes of 16-bit values, row by row, the
 * four channels of a row one after the other. A word holds two neighbouring columns, so that SMLAD multiplies two taps of a
 * row. Kernels may read words past a row; what they find there meets no output.
 */

/* How a row of input pixels, with its padding, becomes a row of words in each of four planes. */
typedef struct {
    uint32_t words_before;     /* of padding alone */
    uint32_t is_mixed_before;  /* whether a word of padding and the first pixel follows */
    uint32_t pairs;            /* of pixels */
    uint32_t is_mixed_after;   /* whether a word of the last pixel and padding follows */
    uint32_t words_after;      /* of padding alone */
    uint32_t pixel_bytes;      /* from one pixel to the next */
    uint32_t row_bytes;        /* from one row to the next */
    uint32_t plane_bytes;      /* of one plane's row: four a word */
    uint32_t pad;              /* the padding's values of the four channels */
} qmcu_plane_row;

/* Lays out `rows` rows of four channels, the first pixel of which is at `pixels`. Returns the end of what it wrote. */
uint32_t *qmcu_unpack_planes(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows);

/* One channel. With two roundings bias and weights are doubled, so that SMMLAR is the doubling high multiplication. */
typedef struct {
    uint32_t bias;
    int32_t multiplier;
    int32_t rounding; /* added before the shift: its half, and the output zero point */
    uint32_t shift;   /* 0 with one rounding */
    /*
     * Of a row of kernel_w taps, filled up with zeros to 2h + 1. For column stride 1: (w0, w1), (w2, w3) ... h words for
     * outputs at even columns, then (w1, w2), (w3, w4) ... h words for those between. For stride 2: h words (w0, w1) ... and
     * one of the last tap alone.
     */
    const uint32_t *taps;
    uint32_t taps_3x3[6]; /* of a 3x3 kernel: the first word of each row, then the second */
} qmcu_plane_channel;

/* What the channels of a tile have in common. */
typedef struct {
    uint32_t rows, columns;        /* of the output */
    uint32_t stride_h, stride_w;   /* 1 or 2 columns */
    uint32_t kernel_h, half_words; /* h, see above */
    uint32_t plane_row_bytes;
    uint32_t output_row_bytes, pixel_bytes;
    uint32_t is_twice_rounded;
    uint32_t cuts_off; /* outputs below the zero point are cut off, so that it does not matter how these are rounded */
} qmcu_plane_tile;

/* The outputs of one channel. */
typedef void qmcu_compute_plane(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                                int8_t *output);

qmcu_compute_plane qmcu_compute_plane_any; /* a kernel of any extent */
qmcu_compute_plane qmcu_compute_plane_3x3;
qmcu_compute_plane qmcu_compute_plane_5x5;
qmcu_compute_plane qmcu_compute_plane_7x7;

#ifdef __cplusplus
}
#endif

#endif
