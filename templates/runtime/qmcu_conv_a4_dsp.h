/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_A4_DSP_H
#define QMCU_CONV_A4_DSP_H

#include "qmcu_map.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A convolution in one group of a map of 4 or 2 bits, rounded once, by the sums of qmcu_sum_a4_dsp.h.
 *
 * Weights of n bits: for each block of four output channels, for each tap and input channel those of all four, in
 * two's complement, low bits of each byte first, each block beginning with a new byte. Three bytes more can be read.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    const uint8_t *weights;
    const int16_t *segments;  /* of each block: the values of its segments, then 0 */
    const int32_t *bias;      /* of each block: what qmcu_sum_tile_a4 adds to for two pixels, less 2^13 a segment */
    const int32_t *requant;   /* of each block, of the first, third, second and fourth: multiplier, and what is added before the
                                 shift: its half, and the output zero point */
    const int8_t *pad_pixel;  /* one value an input channel; NULL without padding */
    uint16_t values;          /* of a window */
    uint16_t chunk_pixels;    /* laid out at once, a multiple of four, 64 at most */
    uint16_t expanded_blocks; /* at once: 1, or all of them once a call */
    uint16_t block_words;     /* of the longest stream of a block */
    uint8_t weight_bits, weight_raise, input_bits, output_bits;
    uint8_t shift;
    int16_t min, max; /* of the values stored */
    uint32_t scratch; /* offset in the arena: of the chunk's activations, then of the streams */
} qmcu_conv_a4_dsp_layer;

void qmcu_conv_a4_dsp(const qmcu_conv_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
