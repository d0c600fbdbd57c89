/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_single_s8_dsp.h"

#include "qmcu_dsp.h"

/* The sum of the values in the low half (of input 0) and in the high half (of input 1). */
static inline uint32_t add(uint32_t pair, uint32_t multipliers, int32_t offset, int32_t shift)
{
    const int32_t sum = (int32_t)qmcu_multiply_halves((uint32_t)offset, pair, multipliers);
    return (uint8_t)qmcu_saturate(sum >> shift);
}

static void add_values(const qmcu_add_single_s8_dsp_layer *layer, const int8_t *a, const int8_t *b, int8_t *output,
                       uint32_t count)
{
    const uint32_t multipliers = qmcu_halves(layer->multiplier[0], layer->multiplier[1]);
    const int32_t offset = layer->offset, shift = layer->shift;
    for (; count >= 4u; count -= 4u, a += 4, b += 4, output += 4) {
        const uint32_t word_a = qmcu_load_word(a), word_b = qmcu_load_word(b);
        const uint32_t values_0_1 = qmcu_low_halves(word_a, word_b), values_2_3 = qmcu_high_halves(word_a, word_b);
        uint32_t word = add(qmcu_bytes_0_2(values_0_1), multipliers, offset, shift);
        word |= add(qmcu_bytes_1_3(values_0_1), multipliers, offset, shift) << 8;
        word |= add(qmcu_bytes_0_2(values_2_3), multipliers, offset, shift) << 16;
        word |= add(qmcu_bytes_1_3(values_2_3), multipliers, offset, shift) << 24;
        qmcu_store_word(output, word);
    }
    for (; count > 0u; count--) {
        *output++ = (int8_t)add(qmcu_halves(*a++, *b++), multipliers, offset, shift);
    }
}

void qmcu_add_single_s8_dsp(const qmcu_add_single_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const uint32_t count = (uint32_t)(rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        add_values(layer, a, b, output, count);
        qmcu_clamp_values(output, count, layer->min, layer->max);
    }
}
