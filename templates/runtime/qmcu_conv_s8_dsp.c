/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_s8_dsp.h"

#include "qmcu_dsp.h"

/*
 * One kernel call. The input rows under the windows of two output rows, with their padding, are kept in a ring, the band: in
 * it every window is whole, however it lies in the map.
 */
typedef struct {
    const qmcu_conv_s8_dsp_layer *layer;
    uint8_t *arena;
    const qmcu_rect *rect;
    int8_t *band;
    uint32_t band_rows;
    int32_t row_bytes;       /* of the band */
    int32_t first_y, next_y; /* input row of slot 0, and the next one to come */
    int32_t from_x, to_x;    /* input columns of the band */
} conv_call;

/* The upper left corner of a window in the input. */
typedef struct {
    int32_t y, x;
} corner;

static void copy_values(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        qmcu_store_word(to, qmcu_load_word(from));
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
}

static int8_t *pad_columns(const conv_call *call, int8_t *to, int32_t columns)
{
    const int32_t channels = call->layer->input.channels;
    for (; columns > 0; columns--, to += channels) {
        copy_values(to, call->layer->pad_pixel, channels);
    }
    return to;
}

/* Fills the band up to input row `end`. */
static void load_rows(conv_call *call, int32_t end)
{
    const qmcu_map *input = &call->layer->input;
    const int32_t x0 = call->from_x > 0 ? call->from_x : 0;
    const int32_t x1 = call->to_x < input->width ? call->to_x : input->width;
    for (; call->next_y < end; call->next_y++) {
        const uint32_t slot = (uint32_t)(call->next_y - call->first_y) % call->band_rows;
        int8_t *row = call->band + (int32_t)slot * call->row_bytes;
        if (call->next_y < 0 || call->next_y >= input->height || x0 >= x1) {
            pad_columns(call, row, call->to_x - call->from_x);
        } else {
            const int32_t count = (x1 - x0) * input->channels;
            row = pad_columns(call, row, x0 - call->from_x);
            copy_values(row, qmcu_pixel(input, call->arena, call->next_y, x0, call->rect->in_x[0]), count);
            pad_columns(call, row + count, call->to_x - x1);
        }
    }
}

/* Where row `i` of the window at `at` begins in the band. */
static const int8_t *window_row(const conv_call *call, corner at, int32_t i)
{
    const uint32_t slot = (uint32_t)(at.y - call->first_y + i) % call->band_rows;
    return call->band + (int32_t)slot * call->row_bytes + (at.x - call->from_x) * call->layer->input.channels;
}

/* Unpacks two windows. */
static uint32_t *unpack_pair(const conv_call *call, uint32_t *words, corner a, corner b)
{
    const qmcu_window *window = &call->layer->window;
    const int32_t channels = call->layer->input.channels, kernel_h = window->kernel_h;
    const int adjoin = window->dilation_w == 1;
    const uint32_t values = adjoin ? (uint32_t)(window->kernel_w * channels) : (uint32_t)channels;
    if (a.y == b.y && adjoin && window->dilation_h == 1) {
        const int8_t *row = window_row(call, a, 0);
        const ptrdiff_t pixel_stride = (b.x - a.x) * channels;
        const int32_t to_wrap = (int32_t)(call->band_rows - (uint32_t)(a.y - call->first_y) % call->band_rows);
        const int32_t rows = kernel_h < to_wrap ? kernel_h : to_wrap;
        words = qmcu_unpack_pair(words, row, pixel_stride, values, (uint32_t)rows, call->row_bytes);
        if (rows < kernel_h) {
            row = window_row(call, a, rows);
            words = qmcu_unpack_pair(words, row, pixel_stride, values, (uint32_t)(kernel_h - rows), call->row_bytes);
        }
        return words;
    }
    for (int32_t i = 0; i < kernel_h; i++) {
        const int8_t *row = window_row(call, a, i * window->dilation_h);
        const ptrdiff_t pixel_stride = window_row(call, b, i * window->dilation_h) - row;
        words = qmcu_unpack_pair(words, row, pixel_stride, values, adjoin ? 1u : window->kernel_w,
                                 window->dilation_w * channels);
    }
    return words;
}

/* The window of the next output pixel, row by row. */
static corner next_corner(const conv_call *call, corner at)
{
    const qmcu_window *window = &call->layer->window;
    at.x += window->stride_w;
    if (at.x == call->rect->x1 * window->stride_w - window->pad_left) {
        at.x = call->rect->x0 * window->stride_w - window->pad_left;
        at.y += window->stride_h;
    }
    return at;
}

/* Unpacks the windows of `pixels` output pixels from the one at `a`; returns the one after them. */
static corner unpack_chunk(conv_call *call, uint32_t *words, corner a, uint32_t pixels)
{
    const int32_t reach = (call->layer->window.kernel_h - 1) * call->layer->window.dilation_h + 1;
    for (uint32_t pixel = 0; pixel < pixels; pixel += 2u) {
        const corner b = pixel + 1u < pixels ? next_corner(call, a) : a;
        load_rows(call, b.y + reach);
        words = unpack_pair(call, words, a, b);
        a = next_corner(call, b);
    }
    return a;
}

void qmcu_conv_s8_dsp(const qmcu_conv_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const qmcu_tile_s8_dsp *tile = &layer->tile;
    const qmcu_window *window = &layer->window;
    const qmcu_tile_scratch scratch = qmcu_tile_scratch_at(tile, arena + layer->scratch);
    const uint32_t channels = layer->output.channels;
    const uint32_t columns = (uint32_t)(rect->x1 - rect->x0);
    const uint32_t pixels = columns * (uint32_t)(rect->y1 - rect->y0);
    const uint32_t run = qmcu_rows_adjoin(&layer->output, rect->y0, rect->y1, columns) ? pixels : columns;
    corner at = {rect->y0 * window->stride_h - window->pad_top, rect->x0 * window->stride_w - window->pad_left};
    conv_call call;

    call.layer = layer;
    call.arena = arena;
    call.rect = rect;
    call.band = scratch.rest;
    call.band_rows = (window->kernel_h - 1u) * window->dilation_h + 1u + window->stride_h;
    call.first_y = call.next_y = at.y;
    call.from_x = at.x;
    call.to_x = (rect->x1 - 1) * window->stride_w - window->pad_left + (window->kernel_w - 1) * window->dilation_w + 1;
    call.row_bytes = ((call.to_x - call.from_x) * layer->input.channels + 6) & ~3; /* unpacking reads 3 bytes further */

    qmcu_tile_begin(tile, &scratch, channels);
    for (uint32_t done = 0; done < pixels;) {
        int8_t *output = qmcu_pixel(&layer->output, arena, rect->y0 + (int32_t)(done / columns), rect->x0, rect->out_x);
        for (const uint32_t run_end = done + run; done < run_end;) {
            const uint32_t count = run_end - done < tile->chunk_pixels ? run_end - done : tile->chunk_pixels;
            at = unpack_chunk(&call, scratch.activations, at, count);
            qmcu_tile_run(tile, &scratch, count, channels, output);
            output += count * channels;
            done += count;
        }
    }
}
