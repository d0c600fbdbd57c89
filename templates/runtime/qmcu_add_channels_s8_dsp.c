/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_channels_s8_dsp.h"

#include "qmcu_dsp.h"

/* The sum of channel `c`, whose values are in the low half (of input 0) and in the high half (of input 1). */
static inline uint32_t add(const qmcu_add_channels_s8_dsp_layer *layer, int32_t c, uint32_t pair)
{
    const uint32_t multipliers = qmcu_load_word((const int8_t *)(layer->multipliers + 2 * c));
    const int32_t sum = (int32_t)qmcu_multiply_halves((uint32_t)layer->offset[c], pair, multipliers);
    return (uint8_t)qmcu_saturate(sum >> layer->shift);
}

static void add_pixel(const qmcu_add_channels_s8_dsp_layer *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int32_t channels = layer->output.channels;
    int32_t c = 0;
    for (; c + 4 <= channels; c += 4) {
        const uint32_t word_a = qmcu_load_word(a + c), word_b = qmcu_load_word(b + c);
        const uint32_t values_0_1 = qmcu_low_halves(word_a, word_b), values_2_3 = qmcu_high_halves(word_a, word_b);
        uint32_t word = add(layer, c, qmcu_bytes_0_2(values_0_1));
        word |= add(layer, c + 1, qmcu_bytes_1_3(values_0_1)) << 8;
        word |= add(layer, c + 2, qmcu_bytes_0_2(values_2_3)) << 16;
        word |= add(layer, c + 3, qmcu_bytes_1_3(values_2_3)) << 24;
        qmcu_store_word(output + c, word);
    }
    for (; c < channels; c++) {
        output[c] = (int8_t)add(layer, c, qmcu_halves(a[c], b[c]));
    }
}

void qmcu_add_channels_s8_dsp(const qmcu_add_channels_s8_dsp_layer *layer, const qmcu_arena *arena,
                              const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        const int32_t columns = rect->x1 - rect->x0;
        for (int32_t i = 0; i < columns; i++) {
            add_pixel(layer, a + i * channels, b + i * channels, output + i * channels);
        }
        qmcu_clamp_values(output, (uint32_t)(columns * channels), layer->min, layer->max);
    }
}
