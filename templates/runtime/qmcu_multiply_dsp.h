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
 * One block of two channels for some pixels, in the order in which the assembly reads it. Both pixels of a pair begin with the
 * same biases. `rounding` is added before the shift: its half, and the output zero point; with one rounding there is no shift.
 */
typedef struct {
    int32_t bias[4]; /* of both channels, for pixel 0 and again for pixel 1 */
    const void *weights;
    uint32_t entry; /* where in the unrolled groups to begin, in bytes: set by qmcu_begin_block */
    const void *weights_end;
    uint32_t mode; /* qmcu_rounding_mode */
    int32_t multiplier[2];
    int32_t rounding;
    uint32_t output_stride;          /* bytes from one pixel to the next */
    const uint32_t *activations_end; /* of pairs of pixels */
    int8_t *output;
    int32_t rounding_1; /* with two roundings: that of the second channel */
    uint32_t shift[2];
    uint32_t single_entry; /* set by qmcu_begin_block */
    uint32_t is_odd;       /* whether one more pixel follows the pairs, which stands as both pixels of a pair */
} qmcu_tile_block;

/* Multiplies the pixels from `activations` on by the weights of a block. */
typedef void qmcu_multiply(const qmcu_tile_block *block, const uint32_t *activations);

/* What multiplies `groups` groups by expanded weights, or by those in flash; sets its entries. `mode` is that of the block. */
qmcu_multiply *qmcu_begin_block(qmcu_tile_block *block, uint32_t groups, int is_expanded);

#ifdef __cplusplus
}
#endif

#endif
