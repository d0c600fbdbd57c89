/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_SUM_A4_DSP_H
#define QMCU_SUM_A4_DSP_H

/*
 * Sums of products of values 0 ... 15, four of them with each SMLAL, in tiles of four pixels by four output channels.
 *
 * A word of activations holds one value of two pixels, p0 + (p1 - 8) * 2^28; a word of weights holds one weight of two
 * channels, w0 + w1 * 2^14. Their product holds the four products in fields of 14 bits, and a sum of such products the four
 * sums as long as each stays within -2^13 ... 2^13 - 1. The compiler cuts the weights into segments for which this holds
 * whatever the input; after each the fields are added to sums of 32 bits. What the 8 takes from the sums of odd pixels
 * belongs to their bias.
 *
 * Activations: for each value one word of pixels 0 and 1, and one of pixels 2 and 3.
 * Stream: for each segment a header, then for each value one word of channels 0 and 2, and one of channels 1 and 3; after
 * the last segment a header of 0.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of a segment of so many values, less than 8192. */
uint32_t qmcu_segment_header(uint32_t values);

/*
 * Adds to the sums of a tile: of pixels 0 and 1 by channels 0 and 2, p0c0 p0c2 p1c0 p1c2, then by channels 1 and 3; then of
 * pixels 2 and 3. Returns the next tile's activations.
 */
const uint32_t *qmcu_sum_tile_a4(const uint32_t *activations, const uint32_t *stream, int32_t sums[16]);

/* Two columns of the output that begin with an even one of its stored row, of which one may not be wanted. */
typedef struct {
    uint8_t *bytes; /* of the first column, channel by channel */
    uint8_t shift;  /* of its bits */
    uint8_t first;  /* whether it is wanted */
    uint8_t second;
} qmcu_pair_a4;

/* A block of four output channels of several tiles, with values of 4 bits. */
typedef struct {
    const int32_t *sums;    /* as above, of pixels 0 and 1, and the same of pixels 2 and 3: to be added to */
    const int32_t *requant; /* multiplier and rounding of channels 0, 2, 1 and 3 */
    int32_t *partial;       /* room for 16 sums where there are several segments; else NULL */
    uint32_t first;         /* of the four channels */
    uint32_t tiles;
} qmcu_block_a4;

/*
 * The values of tiles, ((sum * multiplier / 2^32) + rounding) / 2, both rounded down, limited to 0 ... 15, to the bytes of two
 * pairs each: the first pixel's in the high half of a byte, the second one's in the low half, whether wanted or not.
 */
void qmcu_finish_tiles_a4(const uint32_t *activations, const uint32_t *stream, const qmcu_block_a4 *block,
                          const qmcu_pair_a4 *pairs);

#ifdef __cplusplus
}
#endif

#endif
