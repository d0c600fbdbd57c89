/* SPDX-License-Identifier: 0BSD */
#include "qmcu_packed.h"

#include <string.h>

/* All values of some bytes; returns their number. */
static int32_t unpack_bytes(const uint8_t *packed, int32_t bytes, int32_t bits, int8_t *values)
{
    if (bits == 4) {
        for (int32_t i = 0; i < bytes; i++) {
            const uint32_t byte = packed[i];
            *values++ = (int8_t)(byte & 15u);
            *values++ = (int8_t)(byte >> 4);
        }
        return 2 * bytes;
    }
    for (int32_t i = 0; i < bytes; i++) {
        const uint32_t byte = packed[i];
        *values++ = (int8_t)(byte & 3u);
        *values++ = (int8_t)(byte >> 2 & 3u);
        *values++ = (int8_t)(byte >> 4 & 3u);
        *values++ = (int8_t)(byte >> 6);
    }
    return 4 * bytes;
}

void qmcu_unpack(const uint8_t *row, int32_t first, int32_t count, int32_t bits, int8_t *values)
{
    if (bits == 8) {
        memcpy(values, row + first, (size_t)count);
        return;
    }
    int32_t i = 0;
    for (; i < count && (first + i) * bits % 8 != 0; i++) {
        values[i] = (int8_t)qmcu_stored_value(row, first + i, bits);
    }
    i += unpack_bytes(row + (first + i) * bits / 8, (count - i) * bits / 8, bits, values + i);
    for (; i < count; i++) {
        values[i] = (int8_t)qmcu_stored_value(row, first + i, bits);
    }
}

void qmcu_pack(const int8_t *values, int32_t count, int32_t bits, uint8_t *row, int32_t first)
{
    if (bits == 8) {
        memcpy(row + first, values, (size_t)count);
        return;
    }
    const uint32_t mask = (1u << bits) - 1u;
    uint32_t position = (uint32_t)(first * bits);
    for (int32_t i = 0; i < count; i++) {
        uint8_t *byte = row + (position >> 3);
        const uint32_t shift = position & 7u;
        *byte = (uint8_t)((*byte & ~(mask << shift)) | (((uint32_t)values[i] & mask) << shift));
        position += (uint32_t)bits;
    }
}

/* From `from` up to, but without, `to`. */
typedef struct {
    int32_t from, to;
} range;

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static int32_t limit(int32_t value, int32_t extent)
{
    return value < 0 ? 0 : smaller(value, extent);
}

/* What outputs `first` to `last` read along one axis of a map of the given extent. */
static range read_by(const qmcu_reads *reads, int32_t first, int32_t last, int32_t extent)
{
    const range result = {limit(first * reads->stride - reads->pad, extent),
                          limit(last * reads->stride - reads->pad + reads->reach, extent)};
    return result;
}

/* Unpacks what output row part->y0 reads and the row before it, if that belongs to the same strip, did not. */
static void unpack_input(const qmcu_packed_input *input, uint8_t *arena, const qmcu_rect *rect, qmcu_rect *part)
{
    const qmcu_map *stored = &input->stored;
    const int32_t y = part->y0;
    const int32_t which = input->number == 0 ? 0 : 1;
    const range columns = read_by(&input->columns, part->x0, part->x1 - 1, stored->width);
    range rows = read_by(&input->rows, y, y, stored->height);
    if (y > rect->y0) {
        const range before = read_by(&input->rows, y - 1, y - 1, stored->height);
        rows.from = rows.from > before.to ? rows.from : before.to;
    }
    part->in_x[which] = columns.from;
    for (int32_t row = rows.from; row < rows.to; row++) {
        qmcu_unpack(qmcu_row(stored, arena, row), (columns.from - rect->in_x[which]) * stored->channels,
                    (columns.to - columns.from) * stored->channels, input->bits,
                    (int8_t *)qmcu_row(&input->lines, arena, row));
    }
}

static void unpack_inputs(const qmcu_packed_maps *maps, uint8_t *arena, const qmcu_rect *rect, qmcu_rect *part)
{
    for (int32_t i = 0; i < maps->inputs; i++) {
        unpack_input(&maps->input[i], arena, rect, part);
    }
}

/* Adds to each value the zero point of its channel. */
static void add_zero_points(const qmcu_packed_maps *maps, int8_t *line, int32_t pixels, int32_t channels)
{
    for (int32_t pixel = 0; pixel < pixels; pixel++) {
        for (int32_t channel = 0; channel < channels; channel++) {
            const int32_t value = *line + maps->zero_points[channel];
            *line++ = (int8_t)(value < maps->min ? maps->min : value > maps->max ? maps->max : value);
        }
    }
}

static void pack_output(const qmcu_packed_maps *maps, const qmcu_map *output, uint8_t *arena, const qmcu_rect *rect,
                        const qmcu_rect *part)
{
    int8_t *line = (int8_t *)qmcu_row(maps->output_line, arena, part->y0);
    const int32_t pixels = part->x1 - part->x0;
    if (maps->zero_points != NULL) {
        add_zero_points(maps, line, pixels, output->channels);
    }
    qmcu_pack(line, pixels * output->channels, maps->output_bits, qmcu_row(output, arena, part->y0),
              (part->x0 - rect->out_x) * output->channels);
}

/* Turns to the first row of the strip of columns that begins at x0. */
static void begin_strip(const qmcu_packed_maps *maps, const qmcu_rect *rect, qmcu_rect *part, int32_t x0)
{
    part->x0 = x0;
    part->x1 = smaller(x0 + maps->columns, rect->x1);
    part->out_x = maps->output_line == NULL ? rect->out_x : x0;
    part->y0 = rect->y0;
    part->y1 = rect->y0 + 1;
}

void qmcu_packed_first(const qmcu_packed_maps *maps, uint8_t *arena, const qmcu_rect *rect, qmcu_rect *part)
{
    *part = *rect;
    begin_strip(maps, rect, part, rect->x0);
    unpack_inputs(maps, arena, rect, part);
}

bool qmcu_packed_next(const qmcu_packed_maps *maps, const qmcu_map *output, uint8_t *arena, const qmcu_rect *rect,
                      qmcu_rect *part)
{
    if (maps->output_line != NULL) {
        pack_output(maps, output, arena, rect, part);
    }
    if (part->y1 < rect->y1) {
        part->y0++;
        part->y1++;
    } else if (part->x1 < rect->x1) {
        begin_strip(maps, rect, part, part->x1);
    } else {
        return false;
    }
    unpack_inputs(maps, arena, rect, part);
    return true;
}
