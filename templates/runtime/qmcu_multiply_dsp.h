/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MULTIPLY_DSP_H
#define QMCU_MULTIPLY_DSP_H

/*
 * What the convolutions share on cores with the DSP extension: a matrix product in tiles of two pixels by four output
 * channels, where each SMLAD takes two products.
 *
 * Activations: for each two pixels, for each pair of values one word of pixel 0 and one of pixel 1, the first value in the
 * low half. Within a run of contiguous values the pairs are (0,2) (1,3) (4,6) (5,7) ..., as SXTB16 splits a word of four
 * bytes; a run that is no multiple of four ends in pairs whose missing values meet zero weights.
 *
 * Weights in flash: for each block of four channels, for each two pairs (four values), four bytes of each channel. They are
 * expanded to a stream of words, a block after the other: four biases, then for each pair one word of each channel, then
 * the requantization: four multipliers, or with two roundings a multiplier, a rounding and a shift of each channel.
 */

#include <stddef.h>
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
 * One block of four channels for all pixel pairs from `activations` to `activations_end`.
 *
 * The inner loop is eight pairs of values long; `entry` is where in it to begin, so that any count comes out even. With one
 * rounding, `rounding` is added before `shift`: its half, and the output zero point + 128 so that saturation is to 0 ... 255;
 * with two, the stream contains both and they are 0 here.
 */
void qmcu_multiply_tiles(const uint32_t *activations, const uint32_t *activations_end, const uint32_t *stream,
                         const uint32_t *weights_end, int8_t *output, uint32_t output_stride, uint32_t entry,
                         int32_t rounding, uint32_t shift, qmcu_rounding_mode mode);

/* The entry for so many pairs of values. */
uint32_t qmcu_tile_entry(uint32_t pairs);

/*
 * `count` times 16 bytes of weights to 8 words; `zero_points` is minus the zero point in both halves. Returns the end of
 * what it wrote.
 */
uint32_t *qmcu_expand_weights(uint32_t *words, const int8_t *weights, uint32_t count, uint32_t zero_points);

/*
 * Unpacks `runs` runs of `values` values, `run_stride` bytes apart, for a pixel at `source` and one `pixel_stride` bytes
 * from there. Reads up to three bytes past a run that is no multiple of four. Returns the end of what it wrote.
 */
uint32_t *qmcu_unpack_pair(uint32_t *words, const int8_t *source, ptrdiff_t pixel_stride, uint32_t values, uint32_t runs,
                           ptrdiff_t run_stride);

#ifdef __cplusplus
}
#endif

#endif
