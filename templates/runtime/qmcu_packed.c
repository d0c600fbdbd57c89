/* SPDX-License-Identifier: 0BSD */
#include "qmcu_packed.h"

#include "qmcu_dsp.h"
#include "qmcu_min_max.h"
#include "qmcu_packed_finish.h"
#include "qmcu_packed_mve.h"

#include <string.h>

#if !QMCU_MVE

/* The value of `bits` bits in each byte of a word. */
static inline uint32_t lowest_bits(uint32_t word, int32_t bits)
{
    return word & (bits == 4 ? 0x0F0F0F0Fu : 0x03030303u);
}

/* One column, from bytes of which it has the bits from `shift` on. */
static void qmcu_unpack_column(const uint8_t *bytes, int32_t channels, int32_t bits, uint32_t shift, int8_t *values)
{
    for (; channels >= 4; channels -= 4, bytes += 4, values += 4) {
        qmcu_store_word(values, lowest_bits(qmcu_load_word((const int8_t *)bytes) >> shift, bits));
    }
    for (; channels > 0; channels--) {
        *values++ = (int8_t)lowest_bits((uint32_t)*bytes++ >> shift, bits);
    }
}

/* Two columns of 4 bits that share their bytes. */
static void qmcu_unpack_two_columns(const uint8_t *bytes, int32_t channels, int8_t *values)
{
    int8_t *second = values + channels;
    for (; channels >= 4; channels -= 4, bytes += 4, values += 4, second += 4) {
        const uint32_t word = qmcu_load_word((const int8_t *)bytes);
        qmcu_store_word(values, lowest_bits(word >> 4, 4));
        qmcu_store_word(second, lowest_bits(word, 4));
    }
    for (; channels > 0; channels--, bytes++) {
        *values++ = (int8_t)(*bytes >> 4);
        *second++ = (int8_t)(*bytes & 15u);
    }
}

/* One column into bytes whose other bits stay. */
static void qmcu_pack_column(const int8_t *values, int32_t channels, int32_t bits, uint32_t shift, uint8_t *bytes)
{
    const uint32_t others = ~(lowest_bits(UINT32_MAX, bits) << shift);
    for (; channels >= 4; channels -= 4, bytes += 4, values += 4) {
        const uint32_t old = qmcu_load_word((const int8_t *)bytes) & others;
        qmcu_store_word((int8_t *)bytes, old | lowest_bits(qmcu_load_word(values), bits) << shift);
    }
    for (; channels > 0; channels--, bytes++) {
        *bytes = (uint8_t)((*bytes & others) | lowest_bits((uint32_t)*values++, bits) << shift);
    }
}

static int8_t finish_value(const qmcu_finish *how, int32_t value, int32_t channel)
{
    const qmcu_packed_maps *maps = how->maps;
    if (maps->zero_points != NULL) {
        value += maps->zero_points[channel];
    }
    return (int8_t)(value < maps->min ? maps->min : qmcu_min(value, maps->max));
}

static inline uint32_t finish_four(const qmcu_finish *how, const int8_t *values, int32_t channel)
{
    uint32_t four = qmcu_load_word(values + channel);
    if (how->maps->zero_points != NULL) {
        four = qmcu_add_bytes(four, qmcu_load_word(how->maps->zero_points + channel));
    }
    return qmcu_limit_bytes(four, how->limits);
}

static void qmcu_finish_column(const qmcu_finish *how, int8_t *values, int32_t channels)
{
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        qmcu_store_word(values + c, finish_four(how, values, c));
    }
    for (; c < channels; c++) {
        values[c] = finish_value(how, values[c], c);
    }
}

/* Finishes two columns of 4 bits that share their bytes, and packs them. */
static void qmcu_finish_pair(const qmcu_finish *how, const int8_t *values, int32_t channels, uint8_t *bytes)
{
    const int8_t *second = values + channels;
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        qmcu_store_word((int8_t *)bytes + c, finish_four(how, values, c) << 4 | finish_four(how, second, c));
    }
    for (; c < channels; c++) {
        bytes[c] = (uint8_t)(finish_value(how, values[c], c) << 4 | finish_value(how, second[c], c));
    }
}

#endif

void qmcu_unpack(const uint8_t *row, int32_t first, int32_t columns, int32_t channels, int32_t bits, int8_t *values)
{
    if (bits == 8) {
        memcpy(values, row + first * channels, (size_t)(columns * channels));
        return;
    }
    for (int32_t column = first, end = first + columns; column < end; column++, values += channels) {
        const uint8_t *bytes = row + qmcu_column_byte(column, channels, bits);
        if (bits == 4 && column % 2 == 0 && column + 1 < end) {
            qmcu_unpack_two_columns(bytes, channels, values);
            values += channels;
            column++;
        } else {
            qmcu_unpack_column(bytes, channels, bits, qmcu_column_shift(column, bits), values);
        }
    }
}

void qmcu_pack(const int8_t *values, int32_t columns, int32_t channels, int32_t bits, uint8_t *row, int32_t first)
{
    if (bits == 8) {
        memcpy(row + first * channels, values, (size_t)(columns * channels));
        return;
    }
    for (int32_t column = first; column < first + columns; column++, values += channels) {
        uint8_t *bytes = row + qmcu_column_byte(column, channels, bits);
        qmcu_pack_column(values, channels, bits, qmcu_column_shift(column, bits), bytes);
    }
}

/* From `from` up to, but without, `to`. */
typedef struct {
    int32_t from, to;
} range;

static int32_t limit(int32_t value, int32_t extent)
{
    return value < 0 ? 0 : qmcu_min(value, extent);
}

/* What outputs `first` to `last` read along one axis of a map of the given extent. */
static range read_by(const qmcu_reads *reads, int32_t first, int32_t last, int32_t extent)
{
    const range result = {limit(first * reads->stride - reads->pad, extent),
                          limit(last * reads->stride - reads->pad + reads->reach, extent)};
    return result;
}

/* Unpacks what the output rows of the part read and the row before them, if that belongs to the same strip, did not. */
static void unpack_input(const qmcu_packed_input *input, const qmcu_arena *arena,
                         const qmcu_rect *rect, qmcu_rect *part)
{
    const qmcu_map *stored = &input->stored;
    const int32_t y = part->y0;
    const int32_t which = input->number == 0 ? 0 : 1;
    const range columns = read_by(&input->columns, part->x0, part->x1 - 1, stored->width);
    range rows = read_by(&input->rows, y, part->y1 - 1, stored->height);
    if (y > rect->y0) {
        const range before = read_by(&input->rows, y - 1, y - 1, stored->height);
        rows.from = rows.from > before.to ? rows.from : before.to;
    }
    part->in_x[which] = columns.from;
    for (int32_t row = rows.from; row < rows.to; row++) {
        qmcu_unpack(qmcu_row(stored, arena, row), columns.from - rect->in_x[which], columns.to - columns.from,
                    stored->channels, input->bits, (int8_t *)qmcu_row(&input->lines, arena, row));
    }
}

static void unpack_inputs(const qmcu_packed_maps *maps, const qmcu_arena *arena, const qmcu_rect *rect, qmcu_rect *part)
{
    for (int32_t i = 0; i < maps->inputs; i++) {
        unpack_input(&maps->input[i], arena, rect, part);
    }
}

/* Packs a row from its line, column `first` of the stored row and those behind it. */
static void pack_row(const qmcu_finish *how, int8_t *line, int32_t columns, int32_t channels, uint8_t *row,
                     int32_t first)
{
    const int32_t bits = how->maps->output_bits;
    if (how->maps->min > how->maps->max) {
        qmcu_pack(line, columns, channels, bits, row, first);
        return;
    }
    for (int32_t column = first, end = first + columns; column < end; column++, line += channels) {
        if (bits == 4 && column % 2 == 0 && column + 1 < end) {
            qmcu_finish_pair(how, line, channels, row + qmcu_column_byte(column, channels, bits));
            line += channels;
            column++;
        } else {
            qmcu_finish_column(how, line, channels);
            qmcu_pack(line, 1, channels, bits, row, column);
        }
    }
}

static void pack_output(const qmcu_packed_maps *maps, const qmcu_map *output, const qmcu_arena *arena,
                        const qmcu_rect *rect,
                        const qmcu_rect *part)
{
    const qmcu_finish how = {maps, qmcu_byte_limits_of(maps->min, maps->max)};
    for (int32_t y = part->y0; y < part->y1; y++) {
        pack_row(&how, (int8_t *)qmcu_row(maps->output_lines, arena, y), part->x1 - part->x0, output->channels,
                 qmcu_row(output, arena, y), part->x0 - rect->out_x);
    }
}

/* The part below y0 of the strip of columns that begins at x0. */
static void begin_part(const qmcu_packed_maps *maps, const qmcu_rect *rect, qmcu_rect *part, int32_t x0, int32_t y0)
{
    part->x0 = x0;
    part->x1 = qmcu_min(x0 + maps->columns, rect->x1);
    part->out_x = maps->output_lines == NULL ? rect->out_x : x0;
    part->y0 = y0;
    part->y1 = qmcu_min(y0 + maps->rows, rect->y1);
}

void qmcu_packed_first(const qmcu_packed_maps *maps, const qmcu_arena *arena, const qmcu_rect *rect, qmcu_rect *part)
{
    *part = *rect;
    begin_part(maps, rect, part, rect->x0, rect->y0);
    unpack_inputs(maps, arena, rect, part);
}

bool qmcu_packed_next(const qmcu_packed_maps *maps, const qmcu_map *output, const qmcu_arena *arena,
                      const qmcu_rect *rect,
                      qmcu_rect *part)
{
    if (maps->output_lines != NULL) {
        pack_output(maps, output, arena, rect, part);
    }
    if (part->y1 < rect->y1) {
        begin_part(maps, rect, part, part->x0, part->y1);
    } else if (part->x1 < rect->x1) {
        begin_part(maps, rect, part, part->x1, rect->y0);
    } else {
        return false;
    }
    unpack_inputs(maps, arena, rect, part);
    return true;
}
