/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANES_DSP_H
#define QMCU_PLANES_DSP_H

#include "qmcu_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * What depthwise kernels work on: four channels of a tile of the input, laid out as planes of 16-bit values, row by row, the
 * four channels of a row one after the other. The zero point is taken from the values, so that padding is zero. A word holds
 * two neighbouring columns, so that SMLAD multiplies two taps of a row. Kernels may read words past a row; what they find
 * there meets no output.
 */

/* How a row of input pixels becomes words of each of four planes. */
typedef struct {
    uint32_t pairs;           /* of pixels */
    uint32_t is_mixed_before; /* whether a word of padding and the first pixel comes before them */
    uint32_t is_mixed_after;  /* whether a word of the last pixel and padding comes after them */
    uint32_t pixel_bytes;     /* from one pixel to the next */
    uint32_t row_bytes;       /* from one row to the next */
    uint32_t plane_bytes;     /* of one plane's row */
    uint32_t padding_bytes;   /* of a plane's row that are not written */
    uint32_t zero_points;     /* of the four channels, a byte each */
    uint32_t minus_zeros[4];  /* of channels 0, 3, 1, 2: minus the zero point, in both halves */
} qmcu_plane_row;

/* Lays out `rows` rows of four channels from the pixel at `pixels` on, the first word in `words`. */
typedef void qmcu_unpack_rows(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows);

/* Maps of some width. */
typedef struct {
    int32_t bits;
    /* For pairs of pixels from an even column of the stored row on, or from an odd one; where the zero points differ, or do not. */
    qmcu_unpack_rows *unpack[2][2];
} qmcu_plane_source;

extern const qmcu_plane_source qmcu_planes_of_8_bits, qmcu_planes_of_4_bits;

/*
 * Outputs are bytes, pixel by pixel, or pairs: 16-bit values laid out as the activations of qmcu_multiply_dsp.h, so that a
 * pointwise convolution multiplies them as they stand. A tile then begins with an even column, the second pixel of a pair lies 4
 * bytes behind the first, and pixel_bytes is from one pair of pixels to the next.
 */

/* The rows of the kernel that a row of outputs needs: others meet nothing but padding. */
typedef struct {
    uint32_t plane_bytes; /* from the tile's first row to the first of these */
    uint32_t taps_bytes;  /* from the first taps to theirs */
    uint32_t tap_rows;
} qmcu_plane_window;

/*
 * One channel, in the order in which assembly reads it. With two roundings bias and weights are doubled, so that SMMLAR is the
 * doubling high multiplication.
 */
typedef struct {
    uint32_t bias[2]; /* the same twice */
    int32_t multiplier;
    int32_t rounding; /* added before the shift: its half, and the output zero point */
    uint32_t shift;   /* 0 with one rounding */
    const uint32_t *taps;
} qmcu_plane_channel;

/* What the channels of a tile have in common, in the order in which assembly reads it. Pairs: of outputs in a row. */
typedef struct {
    uint32_t pixel_bytes; /* from one output to the next, or from one pair of them */
    uint32_t unused;
    uint32_t rows;           /* of the output */
    uint32_t plane_advance;  /* bytes from the last pair to the next row's first one */
    uint32_t output_advance; /* from the last output to the next row's first one */
    uint32_t pairs_span;     /* bytes of a plane's row that the pairs take */
    uint32_t is_odd;         /* whether one more output follows them */
    uint32_t plane_row_bytes; /* from one row of a plane to the next */
    uint32_t columns;
    uint32_t stride_w;         /* 1 or 2 */
    uint32_t half_words;       /* of a row of taps */
    uint32_t output_row_bytes;
    uint32_t mode; /* 0: one rounding; 1: two; 2: two, outputs below the zero point are cut off, however these are rounded */
    const qmcu_plane_window *windows; /* one a row of outputs */
} qmcu_plane_tile;

/* The outputs of one channel in the tile. */
typedef void qmcu_compute_plane(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                                int8_t *output);

/* Weights as they stand in flash, row by row; `minus_zeros`: minus their zero point, in both halves. */
typedef struct {
    const int8_t *weights;
    uint32_t minus_zeros;
    uint32_t kernel_h, kernel_w, stride_w;
} qmcu_plane_weights;

typedef void qmcu_lay_out_taps(const qmcu_plane_weights *from, uint32_t *taps);

/* One function for both strides and all modes. */
#define QMCU_PLANE_STRIDES_AND_MODES(compute) {{compute, compute, compute}, {compute, compute, compute}}

/* A kernel for planes. */
typedef struct {
    qmcu_lay_out_taps *lay_out_taps;
    qmcu_compute_plane *compute[2][3]; /* by column stride, and by mode */
    uint32_t clips_rows; /* whether it leaves out rows of taps that meet padding alone, which planes have then no rows of */
} qmcu_plane_kernel;

/*
 * Of kernels of any extent. Of a row of kernel_w taps, filled up with zeros to 2h + 1, the taps are: for column stride 1
 * (w0, w1), (w2, w3) ... h words for outputs at even columns, then (w1, w2), (w3, w4) ... h words for those between. For
 * stride 2: h words (w0, w1) ... and one of the last tap alone.
 */
extern const qmcu_plane_kernel qmcu_planes_any, qmcu_planes_5x5, qmcu_planes_7x7;
extern const qmcu_plane_kernel qmcu_planes_any_to_pairs, qmcu_planes_5x5_to_pairs, qmcu_planes_7x7_to_pairs;
/*
 * Of 3x3 kernels. Taps: the first of these words of each row, then the second of each row; those of rows 0 and 1 in one word
 * for stride 2.
 */
extern const qmcu_plane_kernel qmcu_planes_3x3, qmcu_planes_3x3_to_pairs;

qmcu_lay_out_taps qmcu_lay_out_taps_any;
qmcu_compute_plane qmcu_compute_plane_any, qmcu_compute_plane_any_to_pairs;

#ifdef __cplusplus
}
#endif

#endif
