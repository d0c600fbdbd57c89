/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_run_dsp.h"

#include "qmcu_min_max.h"
#include "qmcu_pairs_dsp.h"
#include "qmcu_plane_input_dsp.h"

enum { LANES = 4 };

/* One kernel call. */
typedef struct {
    const qmcu_depthwise_s8_dsp_layer *layer;
    const qmcu_arena *arena;
    const qmcu_rect *rect;
    const qmcu_plane_kernel *kernel;
    qmcu_compute_plane *compute; /* of the kernel's */
    const qmcu_plane_source *source;
    const qmcu_plane_sink *sink; /* NULL where the map holds the outputs */
    uint32_t pair_bytes;         /* of each two pixels of a map of pairs; 0 where it holds bytes */
    qmcu_plane_window *windows;
    uint32_t *taps, *planes; /* taps of one channel, planes of four */
    uint32_t tap_row_words;
} depthwise_call;

/* Of each row of outputs, the rows of the kernel that it needs. The planes begin with row `first_y` of the input. */
static void lay_out_windows(const depthwise_call *call, const qmcu_plane_tile *tile, int32_t y, int32_t first_y)
{
    const qmcu_depthwise_s8_dsp_layer *layer = call->layer;
    const int32_t kernel_h = layer->window.kernel_h;
    for (uint32_t row = 0; row < tile->rows; row++, y += layer->window.stride_h) {
        const int32_t before = call->kernel->clips_rows ? qmcu_min(qmcu_max(-y, 0), kernel_h) : 0;
        const int32_t end = call->kernel->clips_rows ? qmcu_min(layer->input.height - y, kernel_h) : kernel_h;
        qmcu_plane_window *window = &call->windows[row];
        window->tap_rows = (uint32_t)qmcu_max(end - before, 0);
        window->taps_bytes = 4u * (uint32_t)before * call->tap_row_words;
        window->plane_bytes = window->tap_rows == 0u ? 0u : (uint32_t)(y + before - first_y) * tile->plane_row_bytes;
    }
}

/* How often outputs of a row go on by pixel_bytes. */
static inline uint32_t steps_of_row(const depthwise_call *call, const qmcu_plane_tile *tile)
{
    return call->pair_bytes == 0u ? tile->columns : (tile->columns + 1u) / 2u;
}

/* Lays out what a tile from (y, x) of the output needs, but for the pixels, and zeros where it reaches over the border. */
static qmcu_plane_input begin_tile(const depthwise_call *call, qmcu_plane_tile *tile, int32_t y, int32_t x)
{
    const qmcu_depthwise_s8_dsp_layer *layer = call->layer;
    const qmcu_window *window = &layer->window;
    const int32_t width = layer->input.width, height = layer->input.height;
    const int32_t x0 = x * window->stride_w - window->pad_left, y0 = y * window->stride_h - window->pad_top;
    const int32_t x1 = x0 + ((int32_t)tile->columns - 1) * window->stride_w + window->kernel_w;
    const int32_t y1 = y0 + ((int32_t)tile->rows - 1) * window->stride_h + window->kernel_h;
    const uint32_t words = (uint32_t)(x1 - x0 + 1) / 2u, before = (uint32_t)qmcu_max(-x0, 0);
    const int32_t input_y = qmcu_min(qmcu_max(y0, 0), y1), input_x = qmcu_max(x0, 0);
    const int32_t inside = qmcu_min(x1, width) - input_x;
    const int32_t input_rows = inside > 0 ? qmcu_max(qmcu_min(y1, height) - input_y, 0) : 0;
    const int32_t first_y = call->kernel->clips_rows ? input_y : y0;
    const uint32_t after_mixed = inside > 0 ? (uint32_t)inside - before % 2u : 0u;
    qmcu_plane_input input;
    uint32_t *first_row, *end;

    tile->plane_row_bytes = 4u * LANES * words;
    input.row.pairs = after_mixed / 2u;
    input.row.is_mixed_before = before % 2u;
    input.row.is_mixed_after = after_mixed % 2u;
    input.row.pixel_bytes = layer->input.channels;
    input.row.row_bytes = layer->input.row_bytes;
    input.row.plane_bytes = 4u * words;
    input.row.padding_bytes = 4u * (words - before % 2u - (after_mixed + 1u) / 2u);
    first_row = call->planes + (uint32_t)(input_y - first_y) * LANES * words;
    end = first_row + (uint32_t)input_rows * LANES * words;
    memset(call->planes, 0, 4u * (uint32_t)(first_row - call->planes));
    qmcu_pad_plane_rows(first_row, &input.row, before / 2u, (uint32_t)input_rows);
    memset(end, 0, (uint32_t)(y1 - input_y - input_rows) * tile->plane_row_bytes);
    input.words = first_row + before / 2u;
    qmcu_find_plane_rows(&input, call->source, &layer->input, call->arena, input_y, input_x - call->rect->in_x[0],
                         (uint32_t)input_rows);
    tile->pairs_span = tile->columns / 2u * 4u * tile->stride_w;
    tile->is_odd = tile->columns % 2u;
    tile->plane_advance = window->stride_h * tile->plane_row_bytes - tile->pairs_span;
    tile->output_advance = tile->output_row_bytes - steps_of_row(call, tile) * tile->pixel_bytes;
    lay_out_windows(call, tile, y0, first_y);
    return input;
}

/* The constants of a channel but for its taps. */
static inline void prepare_channel(const qmcu_depthwise_s8_dsp_layer *layer, uint32_t channel,
                                   qmcu_plane_channel *constants)
{
    const qmcu_requant *requant = &layer->requant;
    constants->bias[0] = constants->bias[1] = (uint32_t)layer->bias[channel];
    constants->multiplier = requant->multiplier[channel];
    if (requant->shift != NULL) {
        const uint32_t shift = (uint32_t)-requant->shift[channel];
        constants->shift = shift;
        constants->rounding = (int32_t)((1u << (shift - 1u)) + ((uint32_t)requant->zero_point << shift));
        constants->bias[0] = constants->bias[1] *= 2u;
    }
}

static void double_words(uint32_t *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        words[i] = qmcu_add_halves(words[i], words[i]);
    }
}

/* Where the outputs of a tile from (y, x) on go. */
static int8_t *outputs_at(const depthwise_call *call, int32_t y, int32_t x)
{
    const qmcu_map *output = &call->layer->output;
    if (call->sink != NULL) {
        return call->sink->block;
    }
    if (call->pair_bytes != 0u) {
        return (int8_t *)qmcu_row(output, call->arena, y) + (uint32_t)x / 2u * call->pair_bytes;
    }
    return qmcu_pixel(output, call->arena, y, x, call->rect->out_x);
}

/*
 * All channels of a tile. Those that are left over by blocks of four are laid out together with some that have been already; a sink
 * takes all four.
 */
static void compute_tile(const depthwise_call *call, qmcu_plane_tile *tile, int32_t y, int32_t x)
{
    const qmcu_depthwise_s8_dsp_layer *layer = call->layer;
    const qmcu_plane_kernel *kernel = call->kernel;
    const qmcu_window *window = &layer->window;
    const uint32_t channels = layer->output.channels, taps = window->kernel_h * window->kernel_w;
    const qmcu_plane_sink *sink = call->sink;
    int8_t *output = outputs_at(call, y, x);
    const uint32_t tap_words = window->kernel_h * call->tap_row_words;
    qmcu_plane_input input = begin_tile(call, tile, y, x);
    qmcu_plane_weights weights = {
        .minus_zeros = qmcu_halves(-layer->weight_zero_point, -layer->weight_zero_point),
        .kernel_h = window->kernel_h,
        .kernel_w = window->kernel_w,
        .stride_w = window->stride_w,
    };
    qmcu_plane_channel constants = {.rounding = layer->requant.zero_point, .shift = 0, .taps = call->taps};
    for (uint32_t channel = 0; channel < channels;) {
        const uint32_t first = channel + LANES <= channels ? channel : channels - LANES;
        int8_t *values = output;
        const uint32_t *plane;
        if (sink != NULL) {
            channel = first;
        } else {
            values += call->pair_bytes == 0u ? channel : qmcu_pair_offset(channel);
        }
        plane = call->planes + (channel - first) * (input.row.plane_bytes / 4u);
        weights.weights = layer->weights + channel * taps;
        qmcu_unpack_planes(&input, layer->zero_points, first);
        for (; channel < first + LANES; plane += input.row.plane_bytes / 4u) {
            kernel->lay_out_taps(&weights, call->taps);
            weights.weights += taps;
            if (tile->mode != 0u) {
                double_words(call->taps, tap_words);
            }
            prepare_channel(layer, channel, &constants);
            call->compute(tile, &constants, plane, values);
            channel++;
            values = call->pair_bytes == 0u ? values + 1 : output + qmcu_pair_offset(channel);
        }
        if (sink != NULL) {
            const qmcu_plane_block block = {y, x, tile->rows, tile->columns, first};
            sink->store(sink, call->arena, call->rect, &block);
        }
    }
}

/* Output rows from y that are computed in one go: they are no more than a tile and adjoin in the output's ring. */
static int32_t rows_at_once(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_rect *rect, int32_t y)
{
    const int32_t rows_to_wrap = layer->output.ring_rows - y % layer->output.ring_rows;
    return qmcu_min(qmcu_min(rect->y1 - y, layer->tile_rows), rows_to_wrap);
}

static uint32_t mode_of(const qmcu_requant *requant)
{
    if (requant->shift == NULL) {
        return 0;
    }
    return requant->min >= requant->zero_point ? 2 : 1;
}

static void run(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                const qmcu_plane_kernel *kernel, const qmcu_plane_source *source, const qmcu_plane_sink *sink,
                uint32_t pair_bytes)
{
    const qmcu_window *window = &layer->window;
    const uint32_t half_words = window->kernel_w < 2u ? 1u : window->kernel_w / 2u;
    depthwise_call call = {layer, arena, rect, kernel, NULL, source, sink, pair_bytes, NULL, NULL, NULL, 0};
    qmcu_plane_tile tile;

    call.tap_row_words = window->stride_w == 1u ? 2u * half_words : half_words + 1u;
    call.windows = (qmcu_plane_window *)(void *)qmcu_at(arena, layer->scratch);
    call.taps = (uint32_t *)(void *)(call.windows + layer->tile_rows);
    call.planes = call.taps + window->kernel_h * call.tap_row_words;
    tile.stride_w = window->stride_w;
    tile.half_words = half_words;
    tile.output_row_bytes = layer->output.row_bytes;
    tile.pixel_bytes = sink != NULL ? (uint32_t)LANES : pair_bytes != 0u ? pair_bytes : layer->output.channels;
    tile.mode = mode_of(&layer->requant);
    call.compute = kernel->compute[tile.stride_w - 1u][tile.mode];
    tile.windows = call.windows;
    for (int32_t y = rect->y0; y < rect->y1; y += (int32_t)tile.rows) {
        tile.rows = (uint32_t)rows_at_once(layer, rect, y);
        for (int32_t x = rect->x0; x < rect->x1; x += layer->tile_columns) {
            tile.columns = (uint32_t)qmcu_min(rect->x1 - x, layer->tile_columns);
            if (sink != NULL) {
                tile.output_row_bytes = LANES * tile.columns;
            }
            compute_tile(&call, &tile, y, x);
        }
    }
}

void qmcu_depthwise_run_between(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                const qmcu_rect *rect, const qmcu_plane_kernel *kernel, const qmcu_plane_source *source,
                                const qmcu_plane_sink *sink)
{
    run(layer, arena, rect, kernel, source, sink, 0);
}

void qmcu_depthwise_run_to_pairs(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                 const qmcu_rect *rect, const qmcu_plane_kernel *kernel)
{
    run(layer, arena, rect, kernel, &qmcu_planes_of_8_bits, NULL, qmcu_pair_bytes(layer->output.channels));
}

void qmcu_depthwise_limit_outputs(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                  const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        int8_t *row = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        const uint32_t values = (uint32_t)(rect->x1 - rect->x0) * layer->output.channels;
        qmcu_clamp_values(row, values, layer->requant.min, layer->requant.max);
    }
}

void qmcu_depthwise_run(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                        const qmcu_plane_kernel *kernel)
{
    qmcu_depthwise_run_between(layer, arena, rect, kernel, &qmcu_planes_of_8_bits, NULL);
    qmcu_depthwise_limit_outputs(layer, arena, rect);
}
