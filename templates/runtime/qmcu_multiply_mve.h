/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MULTIPLY_MVE_H
#define QMCU_MULTIPLY_MVE_H

#include "qmcu_map.h"
#include "qmcu_mve.h"
#include "qmcu_requant.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Products of pixels with the weights of output channels: two pixels and four channels at once, 16 values an instruction.
 *
 * The constants of a layer are one stream. For each four channels it holds their biases; for each 16 values of a pixel, 16
 * weights of each, zeros where the values end; then their multipliers, and with two roundings their shifts. Where the number
 * of channels is no multiple of four, the last four of the stream are the last four of the layer, of which some stand there
 * for the second time; of a layer with fewer than four the last ones are zeros.
 */
enum { QMCU_TILE_CHANNELS = 4, QMCU_BLOCK_VALUES = 16 };

/* What all pixels of a layer have in common. */
typedef struct {
    const int32_t *stream;
    uint32_t values;    /* a pixel */
    uint16_t channels;  /* of the stream */
    uint16_t pitch;     /* from an output pixel to the next: the channels of the output */
    int16_t zero_point; /* of the output */
    int16_t min;
    int16_t max;
    uint16_t rounds_twice; /* by multipliers and shifts -1 ... -22; else once, by multipliers / 2^32 */
} qmcu_multiply_mve;

/* Pairs of pixels, each as far from the one before. */
typedef struct {
    const int8_t *input;   /* the first pixel of the first pair */
    int32_t input_second;  /* from the first to the second of a pair */
    int32_t input_step;    /* from a pair to the next */
    int8_t *output;
    int32_t output_second;
    int32_t output_step;
    int32_t pairs;
} qmcu_pixel_pairs;

/* Computes the output pixels of all pairs. No input beyond the values of a pixel is read. */
void qmcu_multiply_pairs(const qmcu_multiply_mve *constants, const qmcu_pixel_pairs *pairs);

/* The same for pixels in a row, `input_step` values apart. */
static inline void qmcu_multiply_row(const qmcu_multiply_mve *constants, const int8_t *input, int32_t input_step,
                                     int8_t *output, int32_t pixels)
{
    const int32_t pitch = constants->pitch;
    qmcu_pixel_pairs pairs = {input, input_step, 2 * input_step, output, pitch, 2 * pitch, pixels / 2};
    if (pairs.pairs > 0) {
        qmcu_multiply_pairs(constants, &pairs);
    }
    if (pixels % 2 != 0) { /* the last one twice */
        pairs.input += pairs.pairs * pairs.input_step;
        pairs.output += pairs.pairs * pairs.output_step;
        pairs.input_second = 0;
        pairs.output_second = 0;
        pairs.pairs = 1;
        qmcu_multiply_pairs(constants, &pairs);
    }
}

#ifdef __cplusplus
}
#endif

#endif
