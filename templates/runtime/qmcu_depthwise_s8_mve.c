/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_s8_mve.h"

#include "qmcu_min_max.h"
#include "qmcu_mve.h"

enum { GROUP = 8, ROWS = 4, LANES = 4, BLOCK = 16 };

/* Output rows y ... y + rows-1 and columns x ... x + columns-1 of the channels from `channel`. */
typedef struct {
    const qmcu_depthwise_s8_mve_layer *layer;
    const qmcu_arena *arena;
    const qmcu_rect *rect;
    int32_t y, rows;
    int32_t x, columns;
    qmcu_span in_columns; /* under their windows */
    int32_t channel;
    uint32_t row_offset[ROWS]; /* of the output rows, from the first one */
} tile;

/* Rows of a plane. */
static int32_t plane_rows(const qmcu_depthwise_s8_mve_layer *layer)
{
    return layer->window.kernel_h + (layer->rows - 1) * layer->window.stride_h;
}

/* Pixels `from_step` apart to columns of eight planes `to_step` apart. */
static void scatter_pixels(int8_t *to, int32_t plane_bytes, int32_t to_step, const int8_t *from, int32_t from_step,
                           int32_t pixels)
{
#if QMCU_MVE
    const uint16x8_t planes = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)plane_bytes);
    for (; pixels > 0; pixels--, to += to_step, from += from_step) {
        vstrbq_scatter_offset_s16(to, planes, vldrbq_s16(from));
    }
#else
    for (; pixels > 0; pixels--, to += to_step, from += from_step) {
        for (int32_t i = 0; i < GROUP; i++) {
            to[i * plane_bytes] = from[i];
        }
    }
#endif
}

/* As three calls of scatter_pixels, of rows that stand below each other, to `to`, `to` + 1 and `to` + 2. */
static void scatter_three(int8_t *to, int32_t plane_bytes, int32_t to_step, const int8_t *const from[3],
                          int32_t from_step, int32_t pixels)
{
#if QMCU_MVE
    const uint16x8_t planes = vmulq_n_u16(vidupq_n_u16(0, 1), (uint16_t)plane_bytes);
    const uint16x8_t second = vaddq_n_u16(planes, 1), third = vaddq_n_u16(planes, 2);
    const int8_t *from0 = from[0], *from1 = from[1], *from2 = from[2];
    for (; pixels > 0; pixels--, to += to_step, from0 += from_step, from1 += from_step, from2 += from_step) {
        vstrbq_scatter_offset_s16(to, planes, vldrbq_s16(from0));
        vstrbq_scatter_offset_s16(to, second, vldrbq_s16(from1));
        vstrbq_scatter_offset_s16(to, third, vldrbq_s16(from2));
    }
#else
    for (int32_t row = 0; row < 3; row++) {
        scatter_pixels(to + row, plane_bytes, to_step, from[row], from_step, pixels);
    }
#endif
}

/* Lays out the input under the windows of the tile. */
static void fill_planes(const tile *at, int8_t *planes)
{
    const qmcu_depthwise_s8_mve_layer *layer = at->layer;
    const qmcu_window *window = &layer->window;
    const qmcu_map *input = &layer->input;
    const int32_t step = plane_rows(layer), plane_bytes = layer->plane_bytes, channels = input->channels;
    const int32_t in_rows = (at->rows - 1) * window->stride_h + window->kernel_h;
    const qmcu_span columns = at->in_columns;
    const int8_t *pad = layer->pad_pixel + (layer->pad_pixel != NULL ? at->channel : 0);
    const int8_t *rows[3] = {pad, pad, pad};
    int32_t waiting = 0; /* rows inside the map, one below the other, that are laid out together */
    int32_t in_y = at->y * window->stride_h - window->pad_top;
    for (int32_t row = 0; row < in_rows; row++, in_y++, planes++) {
        int32_t before = columns.before;
        if (in_y >= 0 && in_y < input->height && columns.inside > 0) {
            rows[waiting] = qmcu_pixel(input, at->arena, in_y, columns.first, at->rect->in_x[0]) + at->channel;
            waiting++;
        } else {
            before += columns.inside;
        }
        if (before > 0) {
            scatter_pixels(planes, plane_bytes, step, pad, 0, before);
        }
        if (columns.after > 0) {
            int8_t *to = planes + (columns.before + columns.inside) * step;
            scatter_pixels(to, plane_bytes, step, pad, 0, columns.after);
        }
        if (waiting == 3) {
            scatter_three(planes - 2 + columns.before * step, plane_bytes, step, rows, channels, columns.inside);
            waiting = 0;
        } else if (row + 1 == in_rows || in_y + 1 >= input->height) {
            int8_t *to = planes - (waiting - 1) + columns.before * step;
            for (int32_t i = 0; i < waiting; i++, to++) {
                scatter_pixels(to, plane_bytes, step, rows[i], channels, columns.inside);
            }
            waiting = 0;
        }
    }
}

#if QMCU_MVE

#define INLINE inline __attribute__((always_inline))

/* What the outputs of one channel have in common. */
typedef struct {
    int32_t bias, multiplier, shift, zero_point;
    int32x4_t min, max;
    uint32x4_t rows; /* where the four outputs of a column are stored */
} channel_constants;

/* A column of accumulators, without the bias, to stored values. */
static INLINE int32x4_t requantize(int32x4_t sums, const channel_constants *constants, int twice)
{
    sums = vaddq_n_s32(sums, constants->bias);
    if (twice) { /* VRSHL rounds halves upwards; one less for negative values, they go away from zero */
        sums = vqrdmulhq_n_s32(sums, constants->multiplier);
        sums = vaddq_s32(sums, vshrq_n_s32(sums, 31));
    } else {
        sums = vmulhq_s32(sums, vdupq_n_s32(constants->multiplier));
    }
    sums = vaddq_n_s32(vrshlq_n_s32(sums, constants->shift), constants->zero_point);
    return vminq_s32(vmaxq_s32(sums, constants->min), constants->max);
}

static INLINE int32x4_t column_of(int32_t sum0, int32_t sum1, int32_t sum2, int32_t sum3)
{
    int32x4_t sums = vdupq_n_s32(sum0);
    sums = vsetq_lane_s32(sum1, sums, 1);
    sums = vsetq_lane_s32(sum2, sums, 2);
    return vsetq_lane_s32(sum3, sums, 3);
}

/* Four rows, row stride 1, windows of one block. */
static INLINE void compute_short(const tile *at, const channel_constants constants, const int8_t *weights,
                                 const int8_t *plane, int8_t *output, int twice)
{
    const int32_t step = at->layer->window.stride_w * plane_rows(at->layer);
    const int32_t pixel_bytes = at->layer->output.channels;
    const int8x16_t weight = vldrbq_s8(weights);
    for (int32_t columns = at->columns; columns > 0; columns--, plane += step, output += pixel_bytes) {
        const int32_t sum0 = vmladavq_s8(vldrbq_s8(plane), weight);
        const int32_t sum1 = vmladavq_s8(vldrbq_s8(plane + 1), weight);
        const int32_t sum2 = vmladavq_s8(vldrbq_s8(plane + 2), weight);
        const int32_t sum3 = vmladavq_s8(vldrbq_s8(plane + 3), weight);
        const int32x4_t sums = requantize(column_of(sum0, sum1, sum2, sum3), &constants, twice);
        vstrbq_scatter_offset_s32(output, constants.rows, sums);
    }
}

/* One to four rows of any windows. */
static INLINE void compute_any(const tile *at, const channel_constants constants, const int8_t *weights,
                               const int8_t *plane, int8_t *output, int twice)
{
    const mve_pred16_t present = vctp32q((uint32_t)at->rows);
    const int32_t stride_h = at->layer->window.stride_h;
    const int32_t step = at->layer->window.stride_w * plane_rows(at->layer);
    const int32_t pixel_bytes = at->layer->output.channels, blocks = at->layer->blocks;
    for (int32_t columns = at->columns; columns > 0; columns--, plane += step, output += pixel_bytes) {
        int32_t sum0 = 0, sum1 = 0, sum2 = 0, sum3 = 0;
        const int8_t *values = plane, *taps = weights;
        for (int32_t block = 0; block < blocks; block++, values += BLOCK, taps += BLOCK) {
            const int8x16_t weight = vldrbq_s8(taps);
            sum0 = vmladavaq_s8(sum0, vldrbq_s8(values), weight);
            sum1 = vmladavaq_s8(sum1, vldrbq_s8(values + stride_h), weight);
            sum2 = vmladavaq_s8(sum2, vldrbq_s8(values + 2 * stride_h), weight);
            sum3 = vmladavaq_s8(sum3, vldrbq_s8(values + 3 * stride_h), weight);
        }
        const int32x4_t sums = requantize(column_of(sum0, sum1, sum2, sum3), &constants, twice);
        vstrbq_scatter_offset_p_s32(output, constants.rows, sums, present);
    }
}

/* One row of the four channels from `channel` on, windows of one block: each vector holds the four of a pixel. */
static INLINE void compute_lanes(const tile *at, int32_t channel, const int8_t *plane, int8_t *output, int twice)
{
    const qmcu_depthwise_s8_mve_layer *layer = at->layer;
    const qmcu_requant *requant = &layer->requant;
    const int32_t plane_bytes = layer->plane_bytes, pixel_bytes = layer->output.channels;
    const int32_t step = layer->window.stride_w * plane_rows(layer), zero_point = requant->zero_point;
    const int32x4_t bias = vldrwq_s32(layer->bias + channel), multiplier = vldrwq_s32(requant->multiplier + channel);
    const int32x4_t shift = twice ? vldrbq_s32(requant->shift + channel) : vdupq_n_s32(-requant->single_shift);
    const int32x4_t min = vdupq_n_s32(requant->min), max = vdupq_n_s32(requant->max);
    const int8_t *weights = layer->weights + channel * BLOCK;
    const int8_t *plane1 = plane + plane_bytes, *plane2 = plane1 + plane_bytes, *plane3 = plane2 + plane_bytes;
    for (int32_t columns = at->columns; columns > 0; columns--) {
        /* The weights are read again: there are not registers enough for them and all the rest. */
        const int32_t sum0 = vmladavq_s8(vldrbq_s8(plane), vldrbq_s8(weights));
        const int32_t sum1 = vmladavq_s8(vldrbq_s8(plane1), vldrbq_s8(weights + BLOCK));
        const int32_t sum2 = vmladavq_s8(vldrbq_s8(plane2), vldrbq_s8(weights + 2 * BLOCK));
        const int32_t sum3 = vmladavq_s8(vldrbq_s8(plane3), vldrbq_s8(weights + 3 * BLOCK));
        int32x4_t sums = vaddq_s32(column_of(sum0, sum1, sum2, sum3), bias);
        if (twice) { /* as in requantize */
            sums = vqrdmulhq_s32(sums, multiplier);
            sums = vaddq_s32(sums, vshrq_n_s32(sums, 31));
        } else {
            sums = vmulhq_s32(sums, multiplier);
        }
        sums = vaddq_n_s32(vrshlq_s32(sums, shift), zero_point);
        vstrbq_s32(output, vminq_s32(vmaxq_s32(sums, min), max));
        plane += step;
        plane1 += step;
        plane2 += step;
        plane3 += step;
        output += pixel_bytes;
    }
}

/* One row of the eight channels of the planes. */
static void compute_row(const tile *at, const int8_t *planes, int8_t *output)
{
    for (int32_t i = 0; i < GROUP; i += LANES, planes += LANES * at->layer->plane_bytes, output += LANES) {
        if (at->layer->requant.shift != NULL) {
            compute_lanes(at, at->channel + i, planes, output, 1);
        } else {
            compute_lanes(at, at->channel + i, planes, output, 0);
        }
    }
}

static void compute_channel(const tile *at, int32_t channel, const int8_t *plane, int8_t *output)
{
    const qmcu_depthwise_s8_mve_layer *layer = at->layer;
    const qmcu_requant *requant = &layer->requant;
    const int8_t *weights = layer->weights + channel * BLOCK * layer->blocks;
    const int twice = requant->shift != NULL;
    const int is_short = layer->blocks == 1u && layer->window.stride_h == 1u && at->rows == ROWS;
    const channel_constants constants = {
        .bias = layer->bias[channel],
        .multiplier = requant->multiplier[channel],
        .shift = twice ? requant->shift[channel] : -requant->single_shift,
        .zero_point = requant->zero_point,
        .min = vdupq_n_s32(requant->min),
        .max = vdupq_n_s32(requant->max),
        .rows = vldrwq_u32(at->row_offset),
    };
    if (is_short && twice) {
        compute_short(at, constants, weights, plane, output, 1);
    } else if (is_short) {
        compute_short(at, constants, weights, plane, output, 0);
    } else if (twice) {
        compute_any(at, constants, weights, plane, output, 1);
    } else {
        compute_any(at, constants, weights, plane, output, 0);
    }
}

#else

static void compute_channel(const tile *at, int32_t channel, const int8_t *plane, int8_t *output)
{
    const qmcu_depthwise_s8_mve_layer *layer = at->layer;
    const qmcu_window *window = &layer->window;
    const int32_t values = BLOCK * layer->blocks;
    const int8_t *weights = layer->weights + channel * values;
    const int32_t step = window->stride_w * plane_rows(layer);
    for (int32_t x = 0; x < at->columns; x++, plane += step, output += layer->output.channels) {
        for (int32_t row = 0; row < at->rows; row++) {
            int32_t sum = layer->bias[channel];
            for (int32_t k = 0; k < values; k++) {
                sum += plane[row * window->stride_h + k] * weights[k];
            }
            output[at->row_offset[row]] = qmcu_requantize(&layer->requant, channel, sum);
        }
    }
}

static void compute_row(const tile *at, const int8_t *planes, int8_t *output)
{
    for (int32_t i = 0; i < GROUP; i++, planes += at->layer->plane_bytes) {
        compute_channel(at, at->channel + i, planes, output + i);
    }
}

#endif

/* Channels that are left over by groups of eight are computed together with some that have been already. */
static void compute_tile(tile *at, int8_t *planes)
{
    const qmcu_window *window = &at->layer->window;
    const qmcu_map *map = &at->layer->output;
    int8_t *output = qmcu_pixel(map, at->arena, at->y, at->x, at->rect->out_x);
    at->in_columns = qmcu_span_of(at->x * window->stride_w - window->pad_left,
                                  (at->columns - 1) * window->stride_w + window->kernel_w, 1,
                                  at->layer->input.width);
    for (int32_t row = 0; row < at->rows; row++) {
        const uint8_t *start = qmcu_row(map, at->arena, at->y + row);
        at->row_offset[row] = (uint32_t)(start - qmcu_row(map, at->arena, at->y));
    }
    for (int32_t first = 0; first < map->channels; first += GROUP) {
        at->channel = qmcu_min(first, map->channels - GROUP);
        fill_planes(at, planes);
        if (at->rows == 1 && at->layer->blocks == 1u) {
            compute_row(at, planes, output + at->channel);
            continue;
        }
        for (int32_t i = 0; i < GROUP; i++) {
            compute_channel(at, at->channel + i, planes + i * at->layer->plane_bytes, output + at->channel + i);
        }
    }
}

void qmcu_depthwise_s8_mve(const qmcu_depthwise_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    int8_t *planes = (int8_t *)qmcu_at(arena, layer->scratch);
    tile at = {layer, arena, rect, 0, 0, 0, 0, {0, 0, 0, 0}, 0, {0}};
    for (at.y = rect->y0; at.y < rect->y1; at.y += at.rows) {
        /* As many rows as follow each other in the ring of the output. */
        at.rows = qmcu_min(qmcu_min(rect->y1 - at.y, layer->rows), layer->output.ring_rows - at.y % layer->output.ring_rows);
        for (at.x = rect->x0; at.x < rect->x1; at.x += at.columns) {
            at.columns = qmcu_min(rect->x1 - at.x, layer->chunk_columns);
            compute_tile(&at, planes);
        }
    }
}
