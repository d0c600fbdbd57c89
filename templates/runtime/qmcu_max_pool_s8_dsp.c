/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_pool_s8_dsp.h"

#include "qmcu_dsp.h"

/* Channels in a word. */
enum { GROUP = 4 };

static uint32_t largest_of_channels(const qmcu_view *view, qmcu_tap_rows rows, int32_t channel)
{
    const int32_t step = qmcu_view_step(view);
    uint32_t largest = 0x80808080u;
    for (int32_t i = view->rows.inside; i > 0; i--) {
        const int8_t *x = rows.pixel + channel;
        for (int32_t taps = view->columns.inside; taps > 0; taps--, x += step) {
            largest = qmcu_larger_bytes(largest, qmcu_load_word(x));
        }
        qmcu_next_tap_row(&rows);
    }
    return largest;
}

static uint32_t in_each_byte(int32_t value)
{
    return ((uint32_t)value & 0xFFu) * 0x01010101u;
}

/* Where channels are no multiple of four, the last four take in some that were computed before. */
static void compute_pixel(const qmcu_max_pool_s8_dsp_layer *layer, const qmcu_view *view, int8_t *output)
{
    const int32_t last = layer->output.channels - GROUP;
    const uint32_t min = in_each_byte(layer->min), max = in_each_byte(layer->max);
    const qmcu_tap_rows rows = qmcu_view_tap_rows(view);
    for (int32_t channel = 0; channel < layer->output.channels; channel += GROUP) {
        const int32_t first = channel < last ? channel : last;
        const uint32_t largest = largest_of_channels(view, rows, first);
        qmcu_store_word(output + first, qmcu_smaller_bytes(qmcu_larger_bytes(largest, min), max));
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
