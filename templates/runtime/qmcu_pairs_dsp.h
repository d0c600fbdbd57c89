/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PAIRS_DSP_H
#define QMCU_PAIRS_DSP_H

/*
 * Maps of pairs, which one layer writes for the next to multiply: a row holds its pixels two by two, their values as 16-bit
 * integers in the order of the activations of qmcu_multiply_dsp.h, for whole groups of four values. Of an odd number of pixels the
 * last one has no neighbour; what stands in its place, or in that of missing values, meets no output. Row pitch: whole pairs.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Of two pixels. */
static inline uint32_t qmcu_pair_bytes(uint32_t channels)
{
    return (channels + 3u) / 4u * 16u;
}

/* Of a channel of the first pixel; that of the second one lies 4 bytes behind it. */
static inline uint32_t qmcu_pair_offset(uint32_t channel)
{
    return channel / 4u * 16u + channel % 2u * 8u + (channel & 2u);
}

#ifdef __cplusplus
}
#endif

#endif
