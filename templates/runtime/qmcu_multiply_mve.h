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
 * Products of pixels with the weights of output channels: four pixels and two channels at once, 16 values an instruction.
 *
 * The constants of a layer are one stream. For each two channels it holds, for each 16 values of a pixel, 16 weights of the
 * one and 16 of the other, zeros where the values end; then their two biases, their two multipliers, and with two roundings
 * their two shifts. Where the number of channels is odd, the last one stands twice.
 */
enum { QMCU_TILE_PIXELS = 4, QMCU_TILE_CHANNELS = 2, QMCU_BLOCK_VALUES = 16 };

/* What all tiles of a layer have in common. */
typedef struct {
    const int32_t *stream;
    uint16_t blocks;    /* of 16 values, a pixel */
    int16_t zero_point; /* of the output */
    int16_t min;
    int16_t max;
    int16_t single_shift; /* 1 ... 22; 0: two roundings, and shifts -1 ... -22 in the stream */
} qmcu_multiply_mve;

/* The tile on its way. The assembly knows the order of these fields. */
typedef struct {
    const int32_t *stream;
    const int8_t *pixel[QMCU_TILE_PIXELS]; /* each `blocks` times 16 values */
    uint32_t blocks;
    int8_t *output; /* of the first channel of the first pixel */
    uint32_t pairs; /* of channels */
    int32_t zero_point;
    int32_t shift;                    /* of a single rounding, negative: to the right */
    int32_t second;                   /* from the output of the first channel of a pair to that of the second */
    int32_t offset[QMCU_TILE_PIXELS]; /* of the pixels in the output, from the first one */
    int32_t min, max;
} qmcu_multiply_tile;

/* Pixels that are gathered until a tile is full. */
typedef struct {
    const qmcu_multiply_mve *constants;
    uint32_t channels; /* of the output */
    uint32_t count;    /* of the pixels that wait */
    qmcu_multiply_tile tile;
} qmcu_multiply_queue;

void qmcu_multiply_begin(qmcu_multiply_queue *queue, const qmcu_multiply_mve *constants, uint32_t channels);

/* Computes the pixels that wait in the queue. */
void qmcu_multiply_flush(qmcu_multiply_queue *queue);

/* One pixel more; when the tile is full, it is computed. */
static inline void qmcu_multiply_add(qmcu_multiply_queue *queue, const int8_t *pixel, int8_t *output)
{
    qmcu_multiply_tile *tile = &queue->tile;
    if (queue->count == 0u) {
        tile->output = output;
    }
    tile->pixel[queue->count] = pixel;
    tile->offset[queue->count] = (int32_t)(output - tile->output);
    if (++queue->count == (uint32_t)QMCU_TILE_PIXELS) {
        qmcu_multiply_flush(queue);
    }
}

#ifdef __cplusplus
}
#endif

#endif
