/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_s8_dsp.h"

#include "qmcu_dsp.h"
#include "qmcu_min_max.h"

typedef qmcu_conv_s8_dsp_layer conv_layer;

/* One kernel call. */
typedef struct {
    const conv_layer *layer;
    const qmcu_arena *arena;
    const qmcu_rect *rect;
    int8_t *windows;           /* where two that reach over the border are put together */
    uint32_t runs, run_values; /* of a window that lies in the map */
    int32_t last_x, last_y;    /* the last corner of such a window */
    uint32_t is_filled_up;     /* whether a last pair of values is missing */
    uint32_t holds_windows;    /* whether the ring holds all rows of a window */
} conv_call;

/* The upper left corner of a window in the input. */
typedef struct {
    int32_t y, x;
} corner;

static int is_inside(const conv_call *call, corner at)
{
    return at.y >= 0 && at.x >= 0 && at.y <= call->last_y && at.x <= call->last_x;
}

static const int8_t *input_pixel(const conv_call *call, int32_t y, int32_t x)
{
    return qmcu_pixel(&call->layer->input, call->arena, y, x, call->rect->in_x[0]);
}

/* The pixel at (y, x), which may be one of the padding. */
static const int8_t *pixel_or_pad(const conv_call *call, int32_t y, int32_t x)
{
    const qmcu_map *input = &call->layer->input;
    const int is_in_map = y >= 0 && y < input->height && x >= 0 && x < input->width;
    return is_in_map ? input_pixel(call, y, x) : call->layer->pad_pixel;
}

static int8_t *copy_values(int8_t *to, const int8_t *from, int32_t count)
{
    for (; count >= 4; count -= 4, to += 4, from += 4) {
        qmcu_store_word(to, qmcu_load_word(from));
    }
    for (; count > 0; count--) {
        *to++ = *from++;
    }
    return to;
}

static inline int8_t *pad_pixels(const conv_call *call, int8_t *to, int32_t count)
{
    const uint32_t channels = call->layer->input.channels;
    for (; count > 0; count--) {
        for (uint32_t channel = 0; channel < channels; channel++) {
            *to++ = call->layer->pad_pixel[channel];
        }
    }
    return to;
}

/* Puts the window at `at` together, row by row without gaps. */
static void copy_window(const conv_call *call, int8_t *to, corner at)
{
    const qmcu_window *window = &call->layer->window;
    const qmcu_map *input = &call->layer->input;
    const int32_t taps = window->kernel_w, width = input->width;
    const int32_t before = at.x >= 0 ? 0 : at.x > -taps ? -at.x : taps;
    const int32_t after = at.x + taps <= width ? 0 : at.x < width ? at.x + taps - width : taps;
    const int32_t inside = taps - before - after;
    for (int32_t i = 0, y = at.y; i < window->kernel_h; i++, y += window->dilation_h) {
        if (y < 0 || y >= input->height || inside <= 0) {
            to = pad_pixels(call, to, taps);
            continue;
        }
        to = pad_pixels(call, to, before);
        to = copy_values(to, input_pixel(call, y, at.x + before), inside * input->channels);
        to = pad_pixels(call, to, after);
    }
}

/* Unpacks taps `from` ... `to`-1 of rows of two windows, one by one, whose pixels may be those of the padding. */
static uint32_t *unpack_taps(const conv_call *call, uint32_t *words, corner a, corner b, int32_t from, int32_t to)
{
    const conv_layer *layer = call->layer;
    for (int32_t j = from; j < to; j++) {
        const int32_t dx = j * layer->window.dilation_w;
        words = qmcu_unpack_pair(words, pixel_or_pad(call, a.y, a.x + dx), pixel_or_pad(call, b.y, b.x + dx),
                                 layer->input.channels, 1, 0);
    }
    return words;
}

/* Unpacks a row of two windows, any part of which may lie in the padding: the taps that lie in the map at once. */
static uint32_t *unpack_border_row(const conv_call *call, uint32_t *words, corner a, corner b)
{
    const conv_layer *layer = call->layer;
    const int32_t taps = layer->window.kernel_w, height = layer->input.height, width = layer->input.width;
    const int a_is_in_map = a.y >= 0 && a.y < height, b_is_in_map = b.y >= 0 && b.y < height;
    if (!a_is_in_map && !b_is_in_map) {
        return qmcu_unpack_pair(words, layer->pad_pixel, layer->pad_pixel, layer->input.channels, (uint32_t)taps, 0);
    }
    if (layer->window.dilation_w == 1 && a_is_in_map && b_is_in_map) {
        const int32_t before = qmcu_min(qmcu_max(qmcu_max(-a.x, -b.x), 0), taps);
        const int32_t end = qmcu_max(qmcu_min(width - qmcu_max(a.x, b.x), taps), before);
        words = unpack_taps(call, words, a, b, 0, before);
        if (before < end) {
            words = qmcu_unpack_pair(words, input_pixel(call, a.y, a.x + before), input_pixel(call, b.y, b.x + before),
                                     (uint32_t)(end - before) * layer->input.channels, 1, 0);
        }
        return unpack_taps(call, words, a, b, end, taps);
    }
    return unpack_taps(call, words, a, b, 0, taps);
}

/* Unpacks two windows that reach over the border. */
static uint32_t *unpack_border(const conv_call *call, uint32_t *words, corner a, corner b)
{
    const qmcu_window *window = &call->layer->window;
    if (window->dilation_w == 1 && call->layer->input.channels % 4 != 0) {
        int8_t *window_b = call->windows + call->runs * call->run_values;
        copy_window(call, call->windows, a);
        copy_window(call, window_b, b);
        return qmcu_unpack_pair(words, call->windows, window_b, call->run_values, call->runs,
                                (int32_t)call->run_values);
    }
    for (int32_t i = 0; i < window->kernel_h; i++, a.y += window->dilation_h, b.y += window->dilation_h) {
        words = unpack_border_row(call, words, a, b);
    }
    return words;
}

/* Rows of a window from row y on that lie before the end of the ring; the others begin anew with its first slot. */
static uint32_t rows_before_wrap(const conv_call *call, int32_t y)
{
    const uint32_t ring_rows = call->layer->input.ring_rows, step = call->layer->window.dilation_h;
    const uint32_t rows = (ring_rows - (uint32_t)y % ring_rows + step - 1u) / step;
    return rows < call->layer->window.kernel_h ? rows : call->layer->window.kernel_h;
}

/* Unpacks two windows in the map, wherever they are. */
static uint32_t *unpack_inside(const conv_call *call, uint32_t *words, corner a, corner b)
{
    const qmcu_window *window = &call->layer->window;
    const int32_t tap_stride = window->dilation_w * call->layer->input.channels;
    const uint32_t runs = window->dilation_w == 1 ? 1u : window->kernel_w;
    for (int32_t i = 0; i < window->kernel_h; i++) {
        const int32_t dy = i * window->dilation_h;
        words = qmcu_unpack_pair(words, input_pixel(call, a.y + dy, a.x), input_pixel(call, b.y + dy, b.x),
                                 call->run_values, runs, tap_stride);
    }
    return words;
}

static uint32_t *unpack_pair(const conv_call *call, uint32_t *words, corner a, corner b)
{
    const int both_inside = is_inside(call, a) && is_inside(call, b);
    words = both_inside ? unpack_inside(call, words, a, b) : unpack_border(call, words, a, b);
    return words + 2u * call->is_filled_up;
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

/* Output pixels from the one at `a` on, in its row, whose windows lie in the map, their rows without gaps. */
static int32_t pixels_inside(const conv_call *call, corner a)
{
    const qmcu_window *window = &call->layer->window;
    const int32_t row_end = call->rect->x1 * window->stride_w - window->pad_left;
    const int32_t end = row_end <= call->last_x ? row_end : call->last_x + 1;
    if (window->dilation_w != 1 || !is_inside(call, a) || !call->holds_windows) {
        return 0;
    }
    return (end - a.x + window->stride_w - 1) / window->stride_w;
}

/* Unpacks `pairs` pairs of windows, `step` bytes from each to the next, the first one at `a`. */
static uint32_t *unpack_pairs(const conv_call *call, uint32_t *words, corner a, int32_t step, int32_t pairs)
{
    const qmcu_window *window = &call->layer->window;
    const int32_t run_stride = window->dilation_h * (int32_t)call->layer->input.row_bytes;
    const uint32_t run_values = call->run_values, filled_up = 2u * call->is_filled_up;
    const uint32_t runs = rows_before_wrap(call, a.y), wrapped_runs = call->runs - runs;
    const int8_t *pixel = input_pixel(call, a.y, a.x);
    const int8_t *wrapped = input_pixel(call, a.y + (int32_t)runs * window->dilation_h, a.x);
    for (; pairs > 0; pairs--, pixel += 2 * step, wrapped += 2 * step) {
        words = qmcu_unpack_pair(words, pixel, pixel + step, run_values, runs, run_stride);
        if (wrapped_runs > 0u) {
            words = qmcu_unpack_pair(words, wrapped, wrapped + step, run_values, wrapped_runs, run_stride);
        }
        words += filled_up;
    }
    return words;
}

/* Unpacks the windows of `pixels` output pixels from the one at `a`; returns the one after them. */
static corner unpack_chunk(const conv_call *call, uint32_t *words, corner a, int32_t pixels)
{
    const int32_t stride = call->layer->window.stride_w;
    while (pixels > 0) {
        const int32_t inside = pixels_inside(call, a), pairs = (inside < pixels ? inside : pixels) / 2;
        if (pairs > 0) {
            const int32_t step = stride * call->layer->input.channels;
            words = unpack_pairs(call, words, a, step, pairs);
            a.x += (2 * pairs - 1) * stride;
            a = next_corner(call, a);
            pixels -= 2 * pairs;
        } else {
            const corner b = pixels > 1 ? next_corner(call, a) : a;
            words = unpack_pair(call, words, a, b);
            a = next_corner(call, b);
            pixels -= 2;
        }
    }
    return a;
}

void qmcu_conv_s8_dsp(const qmcu_conv_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_tile_s8_dsp *tile = &layer->tile;
    const qmcu_window *window = &layer->window;
    const qmcu_tile_scratch scratch = qmcu_tile_scratch_at(tile, qmcu_at(arena, layer->scratch));
    const uint32_t channels = layer->output.channels, run_pixels = window->dilation_w == 1 ? window->kernel_w : 1u;
    const uint32_t columns = (uint32_t)(rect->x1 - rect->x0);
    const uint32_t pixels = columns * (uint32_t)(rect->y1 - rect->y0);
    const uint32_t run = qmcu_rows_adjoin(&layer->output, rect->y0, rect->y1, columns) ? pixels : columns;
    corner at = {rect->y0 * window->stride_h - window->pad_top, rect->x0 * window->stride_w - window->pad_left};
    conv_call call;

    call.layer = layer;
    call.arena = arena;
    call.rect = rect;
    call.windows = scratch.rest;
    call.runs = window->kernel_h * (window->kernel_w / run_pixels);
    call.run_values = run_pixels * layer->input.channels;
    call.last_x = layer->input.width - 1 - (window->kernel_w - 1) * window->dilation_w;
    call.last_y = layer->input.height - 1 - (window->kernel_h - 1) * window->dilation_h;
    call.holds_windows = layer->input.height - call.last_y <= layer->input.ring_rows;
    call.is_filled_up = call.run_values % 4u == 1u ? call.runs % 2u : 0u;

    qmcu_tile_begin(tile, &scratch, channels);
    for (uint32_t done = 0; done < pixels;) {
        int8_t *output = qmcu_pixel(&layer->output, arena, rect->y0 + (int32_t)(done / columns), rect->x0, rect->out_x);
        for (const uint32_t run_end = done + run; done < run_end;) {
            const uint32_t count = run_end - done < tile->chunk_pixels ? run_end - done : tile->chunk_pixels;
            at = unpack_chunk(&call, scratch.activations, at, (int32_t)count);
            qmcu_tile_run(tile, &scratch, count, channels, output);
            output += count * channels;
            done += count;
        }
    }
}
