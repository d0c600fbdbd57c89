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
 * Stream: for each segment a header, then for each value one word of channels 0 and 1, and one of channels 2 and 3; after
 * the last segment a header of 0.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of a segment of so many values, less than 8192. */
uint32_t qmcu_segment_header(uint32_t values);

/* The sums of a tile: of pixels 0 and 1 by channels 0 and 1, p0c0 p0c1 p1c0 p1c1, then by channels 2 and 3; then of pixels 2 and 3. */
void qmcu_sum_tile_a4(const uint32_t *activations, const uint32_t *stream, int32_t sums[16]);

/*
 * `count` times four weights, of channels 0, 2, 1 and 3, to two words each; returns the end of what it wrote.
 */
uint32_t *qmcu_expand_a4(uint32_t *words, const int8_t *weights, uint32_t count);

#ifdef __cplusplus
}
#endif

#endif
