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
 * Maps of 4 and 2 bits: the unsigned values of a row stand one after the other, low bits of each byte first, beginning with
 * the column at which the stored row begins. Kernels compute on one byte a value: what they read is unpacked into lines in
 * scratch memory, and what they write is packed from such lines, part by part of the rectangle that is to be computed.
 */

/* Spreads `count` values of a row, from value `first` on, to one byte each; 8-bit values are copied. */
void qmcu_unpack(const uint8_t *row, int32_t first, int32_t count, int32_t bits, int8_t *values);

/* The reverse; the other bits of the row stay as they are. */
void qmcu_pack(const int8_t *values, int32_t count, int32_t bits, uint8_t *row, int32_t first);

/* Value `index` of a row: unsigned where it has 4 or 2 bits, signed where it has 8. */
static inline int32_t qmcu_stored_value(const uint8_t *row, int32_t index, int32_t bits)
{
    const int32_t position = index * bits;
    if (bits == 8) {
        return (int8_t)row[index];
    }
    return (row[position >> 3] >> (position & 7)) & ((1 << bits) - 1);
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
    uint16_t zero_values;         /* entries of zero_points: those of the channels, repeated to a multiple of four */
    int8_t min, max;              /* of the values stored; min > max where the kernel keeps to them itself */
} qmcu_packed_maps;

/*
 * Goes through a rectangle part by part: `first`, then `next` until it returns false. Before a part is to be computed its
 * inputs are unpacked; after it its output is packed.
 */
void qmcu_packed_first(const qmcu_packed_maps *maps, uint8_t *arena, const qmcu_rect *rect, qmcu_rect *part);
bool qmcu_packed_next(const qmcu_packed_maps *maps, const qmcu_map *output, uint8_t *arena, const qmcu_rect *rect,
                      qmcu_rect *part);

/* Defines `<kernel>_packed` with its struct: a kernel on maps of which some are packed. */
#define QMCU_DEFINE_PACKED(kernel_name)                                                                         \
    typedef struct {                                                                                            \
        qmcu_map output;                                                                                        \
        qmcu_packed_maps maps;                                                                                  \
        kernel_name##_layer kernel;                                                                             \
    } kernel_name##_packed_layer;                                                                               \
                                                                                                                \
    static inline void kernel_name##_packed(const kernel_name##_packed_layer *layer, uint8_t *arena,            \
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
