/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_pool_s8_dsp.h"

#include "qmcu_byte_limits.h"
#include "qmcu_dsp.h"

/* Channels in a word. */
enum { WORD = 4 };

/* The largest bytes of two words of channels, the second of which lies `apart` channels behind the first. */
static void take_largest(const qmcu_view *view, qmcu_tap_rows rows, int32_t channel, int32_t apart, uint32_t largest[2])
{
    const int32_t step = qmcu_view_step(view);
    uint32_t first = 0x80808080u, second = 0x80808080u;
    for (int32_t i = view->rows.inside; i > 0; i--) {
        const int8_t *x = rows.pixel + channel;
        for (int32_t taps = view->columns.inside; taps > 0; taps--, x += step) {
            first = qmcu_larger_bytes(first, qmcu_load_word(x));
            second = qmcu_larger_bytes(second, qmcu_load_word(x + apart));
        }
        qmcu_next_tap_row(&rows);
    }
    largest[0] = first;
    largest[1] = second;
}

/* Where channels are no multiple of two words, the last of these take in some that were computed before. */
static void compute_pixel(const qmcu_max_pool_s8_dsp_layer *layer, const qmcu_view *view, int8_t *output)
{
    const int32_t apart = layer->output.channels < 2 * WORD ? layer->output.channels - WORD : WORD;
    const int32_t last = layer->output.channels - WORD - apart;
    const uint32_t min = qmcu_in_each_byte(layer->min), max = qmcu_in_each_byte(layer->max);
    const qmcu_tap_rows rows = qmcu_view_tap_rows(view);
    for (int32_t channel = 0; channel < layer->output.channels; channel += 2 * WORD) {
        const int32_t first = channel < last ? channel : last;
        uint32_t largest[2];
        take_largest(view, rows, first, apart, largest);
        qmcu_store_word(output + first, qmcu_smaller_bytes(qmcu_larger_bytes(largest[0], min), max));
        qmcu_store_word(output + first + apart, qmcu_smaller_bytes(qmcu_larger_bytes(largest[1], min), max));
    }
}

void qmcu_max_pool_s8_dsp(const qmcu_max_pool_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->window, &layer->input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_pixel(layer, &view, qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
