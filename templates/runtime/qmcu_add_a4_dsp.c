/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_a4_dsp.h"

#include "qmcu_byte_limits.h"
#include "qmcu_dsp.h"
#include "qmcu_packed.h"
#include "qmcu_requant.h"

/* What channels add with, from one of them on. */
typedef struct {
    const int16_t *multipliers; /* of both inputs */
    const int32_t *offset;
    int32_t shift;
} channels_add;

static inline channels_add add_from(const qmcu_add_a4_dsp_layer *layer, int32_t channel)
{
    const channels_add own = {layer->multipliers + 2 * channel, layer->offset + channel, layer->shift};
    return own;
}

/* The sum of the values of both inputs, one in each half of a word, in channel i from there. */
static inline uint32_t add(channels_add own, int32_t i, uint32_t values)
{
    const uint32_t multipliers = qmcu_load_word((const int8_t *)(own.multipliers + 2 * i));
    const uint32_t sum = qmcu_multiply_halves((uint32_t)own.offset[i], values, multipliers);
    return qmcu_saturate_to_4_bits((int32_t)sum >> own.shift);
}

/* Values of four bits in the bytes of a word, the first of two columns in its higher bits: those of one column. */
static inline uint32_t column_of(uint32_t word, uint32_t shift)
{
    return word >> shift & 0x0F0F0F0Fu;
}

/* Columns of the two inputs and of the output, by the first byte of each, and by how far its bits lie from the lowest. */
typedef struct {
    const uint8_t *input[2];
    uint8_t *output;
    uint32_t input_shift[2], output_shift;
} columns_at;

static columns_at columns_from(const qmcu_add_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                               int32_t y, int32_t x)
{
    const int32_t channels = layer->output.channels;
    columns_at at;
    for (int32_t i = 0; i < 2; i++) {
        const int32_t column = x - rect->in_x[i];
        at.input[i] = qmcu_row(&layer->input[i], arena, y) + qmcu_column_byte(column, channels, 4);
        at.input_shift[i] = qmcu_column_shift(column, 4);
    }
    at.output = qmcu_row(&layer->output, arena, y) + qmcu_column_byte(x - rect->out_x, channels, 4);
    at.output_shift = qmcu_column_shift(x - rect->out_x, 4);
    return at;
}

/* One column, from a channel on. */
static void add_column(const qmcu_add_a4_dsp_layer *layer, columns_at at, int32_t channel)
{
    for (int32_t c = channel; c < layer->output.channels; c++) {
        const uint32_t a = (uint32_t)at.input[0][c] >> at.input_shift[0] & 15u;
        const uint32_t b = (uint32_t)at.input[1][c] >> at.input_shift[1] & 15u;
        const int32_t sum = qmcu_clamp((int32_t)add(add_from(layer, c), 0, a | b << 16), layer->min, layer->max);
        const uint32_t others = at.output[c] & ~(15u << at.output_shift);
        at.output[c] = (uint8_t)(others | (uint32_t)sum << at.output_shift);
    }
}

/* Both values that channel i has in a byte, from such bytes of both inputs in the halves of a word. */
static inline uint32_t add_bytes(channels_add own, int32_t i, uint32_t first, uint32_t second)
{
    return add(own, i, first) << 4 | add(own, i, second);
}

/* Four channels of two columns, from the bytes that these share. */
static inline uint32_t add_words(channels_add own, uint32_t a, uint32_t b)
{
    const uint32_t bytes_0_1 = qmcu_low_halves(a, b), bytes_2_3 = qmcu_high_halves(a, b);
    uint32_t first = column_of(bytes_0_1, 4), second = column_of(bytes_0_1, 0);
    uint32_t sums = add_bytes(own, 0, qmcu_bytes_0_2(first), qmcu_bytes_0_2(second));
    sums |= add_bytes(own, 1, qmcu_bytes_1_3(first), qmcu_bytes_1_3(second)) << 8;
    first = column_of(bytes_2_3, 4);
    second = column_of(bytes_2_3, 0);
    sums |= add_bytes(own, 2, qmcu_bytes_0_2(first), qmcu_bytes_0_2(second)) << 16;
    sums |= add_bytes(own, 3, qmcu_bytes_1_3(first), qmcu_bytes_1_3(second)) << 24;
    return sums;
}

static inline uint32_t limit(qmcu_byte_limits limits, uint32_t sums)
{
    return qmcu_limit_bytes(column_of(sums, 4), limits) << 4 | qmcu_limit_bytes(column_of(sums, 0), limits);
}

/* Two columns that share their bytes in all three maps. */
static void add_two_columns(const qmcu_add_a4_dsp_layer *layer, columns_at at)
{
    const qmcu_byte_limits limits = qmcu_byte_limits_of(layer->min, layer->max);
    const bool is_limited = layer->min > 0 || layer->max < 15;
    channels_add own = add_from(layer, 0);
    const int8_t *a = (const int8_t *)at.input[0], *b = (const int8_t *)at.input[1];
    int8_t *output = (int8_t *)at.output;
    const int32_t fours = layer->output.channels / 4;
    for (int32_t left = fours; left > 0; left--) {
        const uint32_t sums = add_words(own, qmcu_load_word(a), qmcu_load_word(b));
        qmcu_store_word(output, is_limited ? limit(limits, sums) : sums);
        own.multipliers += 8;
        own.offset += 4;
        a += 4;
        b += 4;
        output += 4;
    }
    add_column(layer, at, 4 * fours);
    at.input_shift[0] = at.input_shift[1] = at.output_shift = 0;
    add_column(layer, at, 4 * fours);
}

void qmcu_add_a4_dsp(const qmcu_add_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            const columns_at at = columns_from(layer, arena, rect, y, x);
            const bool share = (at.input_shift[0] & at.input_shift[1] & at.output_shift) == 4u;
            if (share && x + 1 < rect->x1) {
                add_two_columns(layer, at);
                x++;
            } else {
                add_column(layer, at, 0);
            }
        }
    }
}
