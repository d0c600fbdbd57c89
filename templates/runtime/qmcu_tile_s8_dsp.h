/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_TILE_S8_DSP_H
#define QMCU_TILE_S8_DSP_H

#include "qmcu_map.h"
#include "qmcu_multiply_dsp.h"
#include "qmcu_requant.h"
#include "qmcu_unpack_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * One convolution as a matrix product. The bias is that of qmcu_conv_s8; of an odd number of channels the last block begins
 * one channel early, and a single one is there twice. With one rounding its shift is 0, and a stored value is
 * acc * multiplier / 2^32 to the nearest integer; with two every shift is -1 ... -22, and twice an accumulator fits in 32 bits.
 */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    qmcu_requant requant;
    int16_t weight_zero_point; /* 0 where weights have fewer than 8 bits */
    uint8_t weight_bits;
    uint8_t weight_raise;     /* weights of fewer than 8 bits are worth 2^raise times as much */
    uint16_t groups;          /* of four values a pixel */
    uint16_t chunk_pixels;    /* pixels unpacked at once, even; 0 of a map of pairs */
    uint16_t expanded_blocks; /* blocks of two channels expanded at once: none (of 8 bits), 1, or all of them once a call */
} qmcu_tile_s8_dsp;

/* Working memory of one kernel call, in this order in the scratch. */
typedef struct {
    uint32_t *activations; /* 4 words a group and two pixels */
    uint32_t *stream;      /* expanded_blocks blocks of 4 words a group */
    int8_t *rest;          /* what follows */
} qmcu_tile_scratch;

qmcu_tile_scratch qmcu_tile_scratch_at(const qmcu_tile_s8_dsp *tile, uint8_t *scratch);

/* Expands all weights where they are kept for the whole call. */
void qmcu_tile_begin(const qmcu_tile_s8_dsp *tile, const qmcu_tile_scratch *scratch, uint32_t channels);

/* All channels of `pixels` unpacked pixels, one after the other from `output`. Of an odd number the last one is there twice. */
void qmcu_tile_run(const qmcu_tile_s8_dsp *tile, const qmcu_tile_scratch *scratch, uint32_t pixels, uint32_t channels,
                   int8_t *output);

#ifdef __cplusplus
}
#endif

#endif
