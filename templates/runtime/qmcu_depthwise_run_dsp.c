/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_run_dsp.h"

enum { LANES = 4 };

/* What is laid out of four channels of the input: columns x0 ... x1-1, which may begin and end outside of the map. */
typedef struct {
    const qmcu_map *map;
    uint8_t *arena;
    const int8_t *pad;
    int32_t x0, x1;
    int32_t first_x; /* column at which stored rows begin */
    uint32_t channel;
} tile_input;

static uint32_t positive(int32_t value)
{
    return value > 0 ? (uint32_t)value : 0u;
}

/* Words of a row. The pixel to begin with is at column `*first`. */
static qmcu_plane_row row_of(const tile_input *tile, int32_t *first)
{
    const int32_t width = tile->map->width;
    const uint32_t words = (uint32_t)(tile->x1 - tile->x0 + 1) / 2u, before = positive(-tile->x0);
    const int32_t x = tile->x0 > 0 ? tile->x0 : 0, end = tile->x1 < width ? tile->x1 : width;
    const uint32_t inside = positive(end - x), mixed_before = before % 2u, after_mixed = inside - mixed_before;
    const qmcu_plane_row row = {
        .words_before = before / 2u,
        .is_mixed_before = mixed_before,
        .pairs = after_mixed / 2u,
        .is_mixed_after = after_mixed % 2u,
        .words_after = words - before / 2u - mixed_before - (after_mixed + 1u) / 2u,
        .pixel_bytes = tile->map->channels,
        .row_bytes = tile->map->row_bytes,
        .plane_bytes = 4u * words,
        .pad = tile->pad == NULL ? 0u : qmcu_load_word(tile->pad),
    };
    *first = x;
    return row;
}

/* Lays out `rows` rows from row y on, which may begin and end outside of the map. */
static void unpack_rows(const tile_input *tile, uint32_t *planes, int32_t y, uint32_t rows)
{
    const qmcu_map *map = tile->map;
    const int32_t end = y + (int32_t)rows;
    const int is_beside = tile->x0 >= map->width || tile->x1 <= 0;
    int32_t x;
    const qmcu_plane_row inside = row_of(tile, &x);
    const qmcu_plane_row outside = {
        .words_before = inside.plane_bytes / 4u, .plane_bytes = inside.plane_bytes, .pad = inside.pad};
    while (y < end) {
        const int32_t slot = y % map->ring_rows;
        int32_t count;
        if (is_beside || y < 0 || y >= map->height) {
            count = is_beside || y >= map->height ? end - y : -y;
            count = count < end - y ? count : end - y;
            planes = qmcu_unpack_planes(planes, tile->pad, &outside, (uint32_t)count);
        } else {
            const int8_t *pixels = qmcu_pixel(map, tile->arena, y, x, tile->first_x) + tile->channel;
            count = map->ring_rows - slot;
            count = count < end - y ? count : end - y;
            count = count < map->height - y ? count : map->height - y;
            planes = qmcu_unpack_planes(planes, pixels, &inside, (uint32_t)count);
        }
        y += count;
    }
}

static uint32_t half_words_of(const qmcu_window *window)
{
    return window->kernel_w < 2u ? 1u : window->kernel_w / 2u;
}

static uint32_t tap_words_of_row(const qmcu_window *window)
{
    return half_words_of(window) * (window->stride_w == 1u ? 2u : 1u) + (window->stride_w == 1u ? 0u : 1u);
}

/* Weight `j` of a row, zero beyond its end, `factor` times. */
static int32_t tap_of(const qmcu_depthwise_s8_dsp_layer *layer, const int8_t *row, uint32_t j, int32_t factor)
{
    return j < layer->window.kernel_w ? (row[j] - layer->weight_zero_point) * factor : 0;
}

/* The taps of one channel, as qmcu_plane_channel has them. */
static void lay_out_taps(const qmcu_depthwise_s8_dsp_layer *layer, const int8_t *weights, int32_t factor, uint32_t *taps)
{
    const qmcu_window *window = &layer->window;
    const uint32_t half_words = half_words_of(window);
    for (uint32_t i = 0; i < window->kernel_h; i++, weights += window->kernel_w) {
        for (uint32_t j = 0; j < half_words; j++) {
            *taps++ = qmcu_halves(tap_of(layer, weights, 2u * j, factor), tap_of(layer, weights, 2u * j + 1u, factor));
        }
        if (window->stride_w == 2u) {
            *taps++ = qmcu_halves(tap_of(layer, weights, 2u * half_words, factor), 0);
            continue;
        }
        for (uint32_t j = 1; j <= half_words; j++) {
            *taps++ = qmcu_halves(tap_of(layer, weights, 2u * j - 1u, factor), tap_of(layer, weights, 2u * j, factor));
        }
    }
}

/* The words of row `i` of a 3x3 kernel, from one of (w0, w1, w2, anything). */
static inline void lay_out_row_3x3(uint32_t word, uint32_t zeros, int is_stride_1, uint32_t *taps)
{
    const uint32_t taps_0_2 = qmcu_subtract_halves(qmcu_bytes_0_2(word), zeros);
    const uint32_t tap_1 = qmcu_subtract_halves(qmcu_bytes_1_3(word), zeros);
    taps[0] = qmcu_low_halves(taps_0_2, tap_1);
    taps[3] = is_stride_1 ? (tap_1 & 0xFFFFu) | (taps_0_2 & 0xFFFF0000u) : taps_0_2 >> 16;
}

static void lay_out_taps_3x3(const qmcu_depthwise_s8_dsp_layer *layer, const int8_t *weights, int is_doubled,
                             uint32_t *taps)
{
    const uint32_t zeros = qmcu_halves(layer->weight_zero_point, layer->weight_zero_point);
    const int is_stride_1 = layer->window.stride_w == 1u;
    lay_out_row_3x3(qmcu_load_word(weights), zeros, is_stride_1, taps);
    lay_out_row_3x3(qmcu_load_word(weights + 3), zeros, is_stride_1, taps + 1);
    lay_out_row_3x3(qmcu_load_word(weights + 6), zeros, is_stride_1, taps + 2);
    for (uint32_t i = 0; is_doubled && i < 6u; i++) {
        taps[i] = qmcu_add_halves(taps[i], taps[i]);
    }
}

/* The constants of a channel; `taps` is where those of a kernel of any extent are laid out. */
static void prepare_channel(const qmcu_depthwise_s8_dsp_layer *layer, uint32_t channel, int is_3x3, uint32_t *taps,
                            qmcu_plane_channel *constants)
{
    const qmcu_requant *requant = &layer->requant;
    const int32_t factor = requant->shift == NULL ? 1 : 2;
    const int8_t *weights = layer->weights + channel * layer->window.kernel_h * layer->window.kernel_w;
    constants->bias = (uint32_t)layer->bias[channel] * (uint32_t)factor;
    constants->multiplier = requant->multiplier[channel];
    constants->shift = 0;
    constants->rounding = requant->zero_point;
    if (requant->shift != NULL) {
        const uint32_t shift = (uint32_t)-requant->shift[channel];
        constants->shift = shift;
        constants->rounding = (int32_t)((1u << (shift - 1u)) + ((uint32_t)requant->zero_point << shift));
    }
    constants->taps = taps;
    if (is_3x3) {
        lay_out_taps_3x3(layer, weights, factor == 2, constants->taps_3x3);
    } else {
        lay_out_taps(layer, weights, factor, taps);
    }
}

static int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

/* Output rows from y that are computed in one go: they are no more than a tile and adjoin in the output's ring. */
static int32_t rows_at_once(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_rect *rect, int32_t y)
{
    const int32_t rows_to_wrap = layer->output.ring_rows - y % layer->output.ring_rows;
    return min_i32(min_i32(rect->y1 - y, layer->tile_rows), rows_to_wrap);
}

/* What one kernel call computes of four channels. */
static void compute_channels(const qmcu_depthwise_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect,
                             uint32_t channel, qmcu_compute_plane *compute, int is_3x3)
{
    const qmcu_window *window = &layer->window;
    const uint32_t tap_words = is_3x3 ? 0u : window->kernel_h * tap_words_of_row(window);
    const int8_t *pad = layer->pad_pixel == NULL ? NULL : layer->pad_pixel + channel;
    uint32_t *taps = (uint32_t *)(void *)(arena + layer->scratch);
    uint32_t *planes = taps + LANES * tap_words;
    qmcu_plane_channel constants[LANES];
    tile_input input = {&layer->input, arena, pad, 0, 0, rect->in_x[0], channel};
    qmcu_plane_tile tile;

    tile.stride_h = window->stride_h;
    tile.stride_w = window->stride_w;
    tile.kernel_h = window->kernel_h;
    tile.half_words = half_words_of(window);
    tile.output_row_bytes = layer->output.row_bytes;
    tile.pixel_bytes = layer->output.channels;
    tile.is_twice_rounded = layer->requant.shift != NULL;
    tile.cuts_off = layer->requant.min >= layer->requant.zero_point;
    for (uint32_t i = 0; i < LANES; i++) {
        prepare_channel(layer, channel + i, is_3x3, taps + i * tap_words, &constants[i]);
    }
    for (int32_t y = rect->y0; y < rect->y1; y += (int32_t)tile.rows) {
        tile.rows = (uint32_t)rows_at_once(layer, rect, y);
        for (int32_t x = rect->x0; x < rect->x1; x += layer->tile_columns) {
            int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x) + channel;
            uint32_t pitch;
            tile.columns = (uint32_t)min_i32(rect->x1 - x, layer->tile_columns);
            input.x0 = x * window->stride_w - window->pad_left;
            input.x1 = input.x0 + ((int32_t)tile.columns - 1) * window->stride_w + window->kernel_w;
            pitch = (uint32_t)(input.x1 - input.x0 + 1) / 2u;
            tile.plane_row_bytes = 4u * LANES * pitch;
            unpack_rows(&input, planes, y * window->stride_h - window->pad_top,
                        (tile.rows - 1u) * window->stride_h + window->kernel_h);
            for (uint32_t i = 0; i < LANES; i++) {
                compute(&tile, &constants[i], planes + i * pitch, output + i);
            }
        }
    }
}

/* Channels that are left over by blocks of four are computed together with some that have been already. */
void qmcu_depthwise_run(const qmcu_depthwise_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect,
                        qmcu_compute_plane *compute, int is_3x3)
{
    const uint32_t channels = layer->output.channels;
    for (uint32_t channel = 0; channel < channels; channel += LANES) {
        const uint32_t first = channel + LANES <= channels ? channel : channels - LANES;
        compute_channels(layer, arena, rect, first, compute, is_3x3);
    }
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        int8_t *row = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        qmcu_clamp_values(row, (uint32_t)(rect->x1 - rect->x0) * channels, layer->requant.min, layer->requant.max);
    }
}
