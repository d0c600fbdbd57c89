/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MULTIPLY_DSP_H
#define QMCU_MULTIPLY_DSP_H

/*
 * What the convolutions share on cores with the DSP extension: a matrix product in tiles of two pixels by two output
 * channels, where each SMLAD takes two products. A step of four values takes ten instructions for sixteen of them.
 *
 * Activations: for each two pixels, for each pair of values one word of pixel 0 and one of pixel 1, the first value in the
 * low half. Within a run of contiguous values the pairs are (0,2) (1,3) (4,6) (5,7) ..., as SXTB16 splits a word of four
 * bytes; a run that is no multiple of four ends in pairs whose missing values meet zero weights. So does a last pair that is
 * missing to an even number of them.
 *
 * Weights: for each block of two channels, for each two pairs (a group), four bytes of each channel. They are multiplied as
 * they stand in flash, or expanded first: for each pair one word of each channel.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How accumulators are requantized. */
typedef enum {
    QMCU_ONCE,
    QMCU_TWICE,
    QMCU_TWICE_CUT_OFF /* outputs below the zero point are cut off, so that it does not matter how these are rounded */
} qmcu_rounding_mode;

/*
 * One block of two channels for some pairs of pixels, in the order in which the assembly reads it. Both pixels begin with the
 * same biases. `rounding` is added before the shift: its half, and the output zero point; with one rounding there is no shift.
 */
typedef struct {
    uint32_t entry;   /* qmcu_tile_entry */
    int32_t bias[4];  /* of both channels, for pixel 0 and again for pixel 1 */
    const void *weights;
    const void *weights_end;
    uint32_t mode; /* qmcu_rounding_mode */
    int32_t multiplier[2];
    int32_t rounding;
    uint32_t output_stride; /* bytes from one pixel to the next */
    const uint32_t *activations_end;
    int8_t *output;
    int32_t rounding_1; /* with two roundings: that of the second channel */
    uint32_t shift[2];
} qmcu_tile_block;

/* Multiplies the pixel pairs from `activations` on by expanded weights, or by those in flash. */
void qmcu_multiply_expanded(const qmcu_tile_block *block, const uint32_t *activations);
void qmcu_multiply_packed(const qmcu_tile_block *block, const uint32_t *activations);

/* Where in the inner loop, which is several groups long, to begin, so that any number of groups comes out even. */
uint32_t qmcu_tile_entry(uint32_t groups, int is_expanded);

/* `groups` groups of weights to four words each; `zero_points` is minus the zero point in both halves. */
void qmcu_expand_weights(uint32_t *words, const int8_t *weights, uint32_t groups, uint32_t zero_points);

/*
 * Unpacks `runs` runs of `values` values, `run_stride` bytes apart, for two pixels. Returns the end of what it wrote.
 */
uint32_t *qmcu_unpack_pair(uint32_t *words, const int8_t *pixel0, const int8_t *pixel1, uint32_t values, uint32_t runs,
                           int32_t run_stride);

#ifdef __cplusplus
}
#endif

#endif
