/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_UNPACK_DSP_H
#define QMCU_UNPACK_DSP_H

/* Weights and values as qmcu_multiply_dsp.h has them, from bytes. */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* `groups` groups of weights to four words each; `zero_points` is minus the zero point in both halves. */
void qmcu_expand_weights(uint32_t *words, const int8_t *weights, uint32_t groups, uint32_t zero_points);

/*
 * The same of weights of 2 to 7 bits without a zero point. Eight of a group, those of values 0, 0, 1, 1, 2, 2, 3 and 3 of its two
 * channels, take as many bytes as a weight has bits: in two's complement, low bits of each byte first; they are worth 2^raise
 * times as much, at most 8 bits. Three bytes behind the last can be read.
 */
void qmcu_expand_narrow_weights(uint32_t *words, const uint8_t *weights, uint32_t groups, uint32_t bits,
                                uint32_t raise);

/*
 * Unpacks `runs` runs of `values` values, `run_stride` bytes apart, for two pixels. Returns the end of what it wrote.
 */
uint32_t *qmcu_unpack_pair(uint32_t *words, const int8_t *pixel0, const int8_t *pixel1, uint32_t values, uint32_t runs,
                           int32_t run_stride);

#ifdef __cplusplus
}
#endif

#endif
