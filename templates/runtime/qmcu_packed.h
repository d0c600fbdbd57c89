/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PACKED_H
#define QMCU_PACKED_H

#include <stdbool.h>
#include <stddef.h>

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Maps of 4 and 2 bits hold unsigned values. A byte of a row holds one channel of 8 / bits columns beside each other, the first in
 * its highest bits; bytes of all channels follow each other, then those of the next columns. Columns are counted from the one at
 * which the stored row begins. Kernels compute on one byte a value: what they read is unpacked into lines in scratch memory, and
 * what they write is packed from such lines, part by part of the rectangle that is to be computed.
 */

/* Spreads columns `first` ... `first + columns - 1` of a row to one byte a value; 8-bit values are copied. */
void qmcu_unpack(const uint8_t *row, int32_t first, int32_t columns, int32_t channels, int32_t bits, int8_t *values);

/* The reverse; what else the bytes of the row hold stays. */
void qmcu_pack(const int8_t *values, int32_t columns, int32_t channels, int32_t bits, uint8_t *row, int32_t first);

/* The byte of a row that holds channel 0 of a column, and how far the column's bits lie from the lowest of it. */
static inline int32_t qmcu_column_byte(int32_t column, int32_t channels, int32_t bits)
{
    return (column * bits >> 3) * channels;
}

static inline uint32_t qmcu_column_shift(int32_t column, int32_t bits)
{
    return (uint32_t)(8 - bits - (column * bits & 7));
}

/* A value of a row: unsigned where it has 4 or 2 bits, signed where it has 8. */
static inline int32_t qmcu_stored_value(const uint8_t *row, int32_t column, int32_t channel, int32_t channels,
                                        int32_t bits)
{
    const uint8_t byte = row[qmcu_column_byte(column, channels, bits) + channel];
    return bits == 8 ? (int8_t)byte : (byte >> qmcu_column_shift(column, bits)) & ((1 << bits) - 1);
}

/* Adds values of a column, those of `channels` channels from `first` on, to as many sums. */
static inline void qmcu_add_stored_values(const uint8_t *row, int32_t column, int32_t row_channels, int32_t bits,
                                          int32_t first, int32_t channels, int32_t *sums)
{
    const uint8_t *bytes = row + qmcu_column_byte(column, row_channels, bits) + first;
    if (bits == 8) {
        for (int32_t i = 0; i < channels; i++) {
            sums[i] += (int8_t)bytes[i];
        }
    } else {
        const uint32_t shift = qmcu_column_shift(column, bits);
        const uint32_t mask = (1u << bits) - 1u;
        for (int32_t i = 0; i < channels; i++) {
            sums[i] += (int32_t)(bytes[i] >> shift & mask);
        }
    }
}

/* Puts it there; its neighbours stay. */
static inline void qmcu_store_value(uint8_t *row, int32_t column, int32_t channel, int32_t channels, int32_t bits,
                                    int32_t value)
{
    uint8_t *byte = row + qmcu_column_byte(column, channels, bits) + channel;
    const uint32_t shift = qmcu_column_shift(column, bits);
    const uint32_t mask = ((1u << bits) - 1u) << shift;
    *byte = (uint8_t)((*byte & ~mask) | ((uint32_t)value << shift & mask));
}

/* Which rows (or columns) a layer reads: those of o * stride - pad ... + reach - 1 that exist, for its output row o. */
typedef struct {
    uint16_t stride, reach;
    int16_t pad;
} qmcu_reads;

/* An input that the kernel finds unpacked. */
typedef struct {
    qmcu_map stored;
    qmcu_map lines; /* the same map in scratch memory: a ring of the rows that one part reads */
    uint8_t bits;
    uint8_t number; /* of this input among those of the layer */
    qmcu_reads rows, columns;
} qmcu_packed_input;

/* How a layer whose kernel computes on one byte a value is fed from, and empties into, its maps. */
typedef struct {
    uint16_t rows, columns; /* of the output, computed at a time */
    uint8_t inputs;
    uint8_t output_bits;
    const qmcu_packed_input *input;
    const qmcu_map *output_lines; /* `rows` rows in scratch memory; NULL where the kernel writes to its output itself */
    const int8_t *zero_points;    /* added to the values of each channel; NULL where the kernel did that */
    int8_t min, max;              /* of the values stored; min > max where the kernel keeps to them itself */
} qmcu_packed_maps;

/*
 * Goes through a rectangle part by part: `first`, then `next` until it returns false. Before a part is to be computed its
 * inputs are unpacked; after it its output is packed.
 */
void qmcu_packed_first(const qmcu_packed_maps *maps, const qmcu_arena *arena, const qmcu_rect *rect, qmcu_rect *part);
bool qmcu_packed_next(const qmcu_packed_maps *maps, const qmcu_map *output, const qmcu_arena *arena,
                      const qmcu_rect *rect,
                      qmcu_rect *part);

/* Defines `<kernel>_packed` with its struct: a kernel on maps of which some are packed. */
#define QMCU_DEFINE_PACKED(kernel_name)                                                                         \
    typedef struct {                                                                                            \
        qmcu_map output;                                                                                        \
        qmcu_packed_maps maps;                                                                                  \
        kernel_name##_layer kernel;                                                                             \
    } kernel_name##_packed_layer;                                                                               \
                                                                                                                \
    static inline void kernel_name##_packed(const kernel_name##_packed_layer *layer, const qmcu_arena *arena,   \
                                            const qmcu_rect *rect)                                              \
    {                                                                                                           \
        qmcu_rect part;                                                                                         \
        qmcu_packed_first(&layer->maps, arena, rect, &part);                                                    \
        do {                                                                                                    \
            kernel_name(&layer->kernel, arena, &part);                                                          \
        } while (qmcu_packed_next(&layer->maps, &layer->output, arena, rect, &part));                           \
    }

#ifdef __cplusplus
}
#endif

#endif
