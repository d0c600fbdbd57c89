/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANES_DSP_H
#define QMCU_PLANES_DSP_H

#include "qmcu_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Four channels of a tile of the input are laid out as planes of 16-bit values: row by row, the four channels of a row one
 * after the other. A word holds two neighbouring columns, so that SMLAD multiplies two taps of a row. Their weights are laid
 * out in the same rows: for each two taps a word for outputs that begin at a word, and one for those in between.
 */
enum {
    QMCU_LANE_WORDS = 18,
    QMCU_LANE_COLUMNS = 2 * QMCU_LANE_WORDS,
    QMCU_LANES = 4,
    QMCU_ROW_WORDS = QMCU_LANES * QMCU_LANE_WORDS
};

/* One channel of a layer. */
typedef struct {
    uint32_t weights[6]; /* of a 3x3 kernel */
    uint32_t bias[2];
    int32_t multiplier;
    int32_t rounding; /* added before the shift: its half, and the output zero point */
    uint32_t shift;
} qmcu_plane_channel;

/* What the four channels of a tile have in common. */
typedef struct {
    uint32_t span; /* of a row of outputs but for an odd last one: bytes to go in the plane */
    uint32_t odd;
    uint32_t rows;
    uint32_t plane_advance;  /* bytes from the end of these outputs to the next row */
    uint32_t output_advance; /* the same in the output map */
    uint32_t pixel_bytes;
} qmcu_plane_geometry;

/* Two pixels of four channels to a word of each of the four planes. */
static inline void qmcu_unpack_plane_word(uint32_t *word, const int8_t *left, const int8_t *right)
{
    const uint32_t left_word = qmcu_load_word(left), right_word = qmcu_load_word(right);
    const uint32_t channels_0_1 = qmcu_low_halves(left_word, right_word);
    const uint32_t channels_2_3 = qmcu_high_halves(left_word, right_word);
    word[0] = qmcu_bytes_0_2(channels_0_1);
    word[QMCU_LANE_WORDS] = qmcu_bytes_1_3(channels_0_1);
    word[2 * QMCU_LANE_WORDS] = qmcu_bytes_0_2(channels_2_3);
    word[3 * QMCU_LANE_WORDS] = qmcu_bytes_1_3(channels_2_3);
}

/*
 * `count` words of each of the four planes, from pixels `pixel_bytes` apart; returns the end of what it wrote to the first.
 */
uint32_t *qmcu_unpack_planes(uint32_t *words, const int8_t *pixels, uint32_t pixel_bytes, uint32_t count);

#if QMCU_DSP_ASSEMBLY

/*
 * The outputs of one channel under a 3x3 kernel. Weights for column stride 1: (w0, w1) of the three rows, then (w1, w2) of
 * them; for 2: (w0, w1) of the three rows, then w2 of the first two rows in one word and that of the third. With two
 * roundings weights and biases are doubled; with the third kind, outputs below the zero point are cut off, so that it does
 * not matter how these are rounded.
 */
typedef void qmcu_depthwise_3x3(const uint32_t *plane, int8_t *output, const qmcu_plane_channel *channel,
                                const qmcu_plane_geometry *geometry);

qmcu_depthwise_3x3 qmcu_3x3_stride_1_once, qmcu_3x3_stride_1_twice, qmcu_3x3_stride_1_twice_cut_off;
qmcu_depthwise_3x3 qmcu_3x3_stride_2_once, qmcu_3x3_stride_2_twice, qmcu_3x3_stride_2_twice_cut_off;

#endif

#ifdef __cplusplus
}
#endif

#endif
