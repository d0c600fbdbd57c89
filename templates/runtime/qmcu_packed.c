/* SPDX-License-Identifier: 0BSD */
#include "qmcu_packed.h"

#include "qmcu_dsp.h"

#include <string.h>

static int32_t smaller(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* 16 bits to four bytes of one nibble each, and 8 bits to four bytes of one pair of bits each. */
static inline uint32_t spread_nibbles(uint32_t packed)
{
    const uint32_t halves = (packed | packed << 8) & 0x00FF00FFu;
    return (halves | halves << 4) & 0x0F0F0F0Fu;
}

static inline uint32_t spread_pairs(uint32_t packed)
{
    const uint32_t halves = (packed | packed << 12) & 0x000F000Fu;
    return (halves | halves << 6) & 0x03030303u;
}

/* The reverse; the other bits of the bytes are 0. */
static inline uint32_t gather_nibbles(uint32_t bytes)
{
    const uint32_t halves = (bytes | bytes >> 4) & 0x00FF00FFu;
    return (halves | halves >> 8) & 0xFFFFu;
}

static inline uint32_t gather_pairs(uint32_t bytes)
{
    const uint32_t halves = (bytes | bytes >> 6) & 0x000F000Fu;
    return (halves | halves >> 12) & 0xFFu;
}

/* Whole words of packed values, as many as `count` values fill; returns the number of values. */
static int32_t unpack_words(const uint8_t *packed, int32_t count, int32_t bits, int8_t *values)
{
    const int32_t step = 32 / bits;
    int32_t left = count;
    for (; left >= step; left -= step, packed += 4) {
        uint32_t word = qmcu_load_word((const int8_t *)packed);
        if (bits == 4) {
            qmcu_store_word(values, spread_nibbles(word & 0xFFFFu));
            qmcu_store_word(values + 4, spread_nibbles(word >> 16));
            values += 8;
            continue;
        }
        for (int32_t i = 0; i < 4; i++, word >>= 8, values += 4) {
            qmcu_store_word(values, spread_pairs(word & 0xFFu));
        }
    }
    return count - left;
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
    i += unpack_words(row + (first + i) * bits / 8, count - i, bits, values + i);
    for (; i < count; i++) {
        values[i] = (int8_t)qmcu_stored_value(row, first + i, bits);
    }
}

/* One value into a row whose other bits stay. */
static void store_value(uint8_t *row, int32_t index, int32_t bits, uint32_t value)
{
    const uint32_t mask = (1u << bits) - 1u;
    const uint32_t shift = (uint32_t)(index * bits) & 7u;
    uint8_t *byte = row + (index * bits >> 3);
    *byte = (uint8_t)((*byte & ~(mask << shift)) | ((value & mask) << shift));
}

/* Values in fours, which come to lie in 16 or 8 bits. */
static int32_t pack_words(const int8_t *values, int32_t count, int32_t bits, uint8_t *packed)
{
    int32_t left = count;
    for (; left >= 4; left -= 4, values += 4) {
        const uint32_t word = qmcu_load_word(values);
        if (bits == 4) {
            const uint32_t nibbles = gather_nibbles(word);
            *packed++ = (uint8_t)(nibbles & 0xFFu);
            *packed++ = (uint8_t)(nibbles >> 8);
        } else {
            *packed++ = (uint8_t)gather_pairs(word);
        }
    }
    return count - left;
}

void qmcu_pack(const int8_t *values, int32_t count, int32_t bits, uint8_t *row, int32_t first)
{
    if (bits == 8) {
        memcpy(row + first, values, (size_t)count);
        return;
    }
    int32_t i = 0;
    for (; i < count && (first + i) * bits % 8 != 0; i++) {
        store_value(row, first + i, bits, (uint32_t)values[i]);
    }
    i += pack_words(values + i, count - i, bits, row + (first + i) * bits / 8);
    for (; i < count; i++) {
        store_value(row, first + i, bits, (uint32_t)values[i]);
    }
}

/* USAT16: each half of a word limited to 0 ... 15, or to 0 ... 3. */
static inline uint32_t saturate_halves(uint32_t halves, int32_t bits)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    if (bits == 4) {
        __asm__("usat16 %0, #4, %1" : "=r"(result) : "r"(halves));
    } else {
        __asm__("usat16 %0, #2, %1" : "=r"(result) : "r"(halves));
    }
    return result;
#else
    const int32_t largest = (1 << bits) - 1;
    const int32_t low = (int16_t)(halves & 0xFFFFu), high = (int16_t)(halves >> 16);
    return qmcu_halves(low < 0 ? 0 : smaller(low, largest), high < 0 ? 0 : smaller(high, largest));
#endif
}

/* Adds to four values their zero points (0 ... 15) and saturates them to 4 or 2 unsigned bits. */
static inline uint32_t finish_word(uint32_t values, uint32_t zero_points, int32_t bits)
{
    const uint32_t even = qmcu_add_halves(qmcu_bytes_0_2(zero_points), qmcu_bytes_0_2(values));
    const uint32_t odd = qmcu_add_halves(qmcu_bytes_1_3(zero_points), qmcu_bytes_1_3(values));
    return saturate_halves(even, bits) | saturate_halves(odd, bits) << 8;
}

/* From `from` up to, but without, `to`. */
typedef struct {
    int32_t from, to;
} range;

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

/* Unpacks what the output rows of the part read and the row before them, if that belongs to the same strip, did not. */
static void unpack_input(const qmcu_packed_input *input, uint8_t *arena, const qmcu_rect *rect, qmcu_rect *part)
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

/* Adds to each value of a line the zero point of its channel, and limits it. */
static void finish_line(const qmcu_packed_maps *maps, int8_t *line, int32_t count)
{
    const int32_t largest = (1 << maps->output_bits) - 1;
    int32_t zero = 0, i = 0;
    if (maps->output_bits < 8 && maps->min == 0 && maps->max == largest) {
        for (; i + 4 <= count; i += 4) {
            uint32_t zeros = 0;
            if (maps->zero_points != NULL) {
                zeros = qmcu_load_word(maps->zero_points + zero);
                zero = zero + 4 == maps->zero_values ? 0 : zero + 4;
            }
            qmcu_store_word(line + i, finish_word(qmcu_load_word(line + i), zeros, maps->output_bits));
        }
    }
    for (; i < count; i++) {
        int32_t value = line[i];
        if (maps->zero_points != NULL) {
            value += maps->zero_points[zero];
            zero = zero + 1 == maps->zero_values ? 0 : zero + 1;
        }
        line[i] = (int8_t)(value < maps->min ? maps->min : value > maps->max ? maps->max : value);
    }
}

static void pack_output(const qmcu_packed_maps *maps, const qmcu_map *output, uint8_t *arena, const qmcu_rect *rect,
                        const qmcu_rect *part)
{
    const int32_t count = (part->x1 - part->x0) * output->channels;
    for (int32_t y = part->y0; y < part->y1; y++) {
        int8_t *line = (int8_t *)qmcu_row(maps->output_lines, arena, y);
        if (maps->min <= maps->max) {
            finish_line(maps, line, count);
        }
        qmcu_pack(line, count, maps->output_bits, qmcu_row(output, arena, y),
                  (part->x0 - rect->out_x) * output->channels);
    }
}

/* The part below y0 of the strip of columns that begins at x0. */
static void begin_part(const qmcu_packed_maps *maps, const qmcu_rect *rect, qmcu_rect *part, int32_t x0, int32_t y0)
{
    part->x0 = x0;
    part->x1 = smaller(x0 + maps->columns, rect->x1);
    part->out_x = maps->output_lines == NULL ? rect->out_x : x0;
    part->y0 = y0;
    part->y1 = smaller(y0 + maps->rows, rect->y1);
}

void qmcu_packed_first(const qmcu_packed_maps *maps, uint8_t *arena, const qmcu_rect *rect, qmcu_rect *part)
{
    *part = *rect;
    begin_part(maps, rect, part, rect->x0, rect->y0);
    unpack_inputs(maps, arena, rect, part);
}

bool qmcu_packed_next(const qmcu_packed_maps *maps, const qmcu_map *output, uint8_t *arena, const qmcu_rect *rect,
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
