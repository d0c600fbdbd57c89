/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_3x3_s8_mve.h"

#include "qmcu_mve.h"
#include "qmcu_windows_3x3_mve.h"

enum { KERNEL = 3, WORD = 4, HALF_GROUP = 8, GROUP = 16, LANES = 4, WEIGHT_BYTES = 16 };

/* Output rows from y on and columns x ... x + columns-1, of the channels from `channel` on. */
typedef struct {
    const qmcu_depthwise_3x3_s8_mve_layer *layer;
    const qmcu_arena *arena;
    const qmcu_rect *rect;
    int32_t y, rows;
    int32_t x, columns;
    qmcu_span in_columns; /* under their windows */
    int32_t channel, channels;
    int8_t *planes;
    int32_t laid_out; /* rows of the planes */
} part;

/* Two rows of pixels, each `step` bytes from one to the next. */
typedef struct {
    const int8_t *upper, *lower;
    int32_t upper_step, lower_step;
} row_pair;

static int32_t min_i32(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

#if QMCU_MVE

/* Up to eight channels. */
static void lay_out_half(int8_t *to, uint16_t plane_bytes, row_pair rows, int32_t channels, int32_t columns)
{
    const uint16x8_t planes = vmulq_n_u16(vidupq_n_u16(0, 1), plane_bytes);
    const mve_pred16_t present = vctp16q((uint32_t)channels);
    for (; columns > 0; columns--, to += WORD, rows.upper += rows.upper_step, rows.lower += rows.lower_step) {
        const uint16x8_t upper = vldrbq_z_u16((const uint8_t *)rows.upper, present);
        const uint16x8_t lower = vldrbq_z_u16((const uint8_t *)rows.lower, present);
        vstrhq_scatter_offset_u16((uint16_t *)(void *)to, planes, vsliq_n_u16(upper, lower, 8));
    }
}

/* To 16 planes: even ones, and odd ones. */
typedef struct {
    uint16x8_t even, odd;
} plane_places;

static inline void lay_out_pixel(int8_t *to, plane_places planes, uint8x16_t upper_bytes, uint8x16_t lower_bytes)
{
    const uint16x8_t upper = vreinterpretq_u16_u8(upper_bytes), lower = vreinterpretq_u16_u8(lower_bytes);
    vstrhq_scatter_offset_u16((uint16_t *)(void *)to, planes.even, vsliq_n_u16(upper, lower, 8));
    vstrhq_scatter_offset_u16((uint16_t *)(void *)to, planes.odd, vsriq_n_u16(lower, upper, 8));
}

static void lay_out_group(int8_t *to, uint16_t plane_bytes, row_pair rows, int32_t columns)
{
    const uint16x8_t even = vmulq_n_u16(vidupq_n_u16(0, 2), plane_bytes);
    const plane_places planes = {even, vaddq_n_u16(even, plane_bytes)};
    for (; columns > 0; columns--, to += WORD, rows.upper += rows.upper_step, rows.lower += rows.lower_step) {
        lay_out_pixel(to, planes, vldrbq_u8((const uint8_t *)rows.upper), vldrbq_u8((const uint8_t *)rows.lower));
    }
}

/* The same of fewer than 16 channels. */
static void lay_out_some(int8_t *to, uint16_t plane_bytes, row_pair rows, int32_t channels, int32_t columns)
{
    const uint16x8_t even = vmulq_n_u16(vidupq_n_u16(0, 2), plane_bytes);
    const plane_places planes = {even, vaddq_n_u16(even, plane_bytes)};
    const mve_pred16_t present = vctp8q((uint32_t)channels);
    for (; columns > 0; columns--, to += WORD, rows.upper += rows.upper_step, rows.lower += rows.lower_step) {
        const uint8x16_t upper = vldrbq_z_u8((const uint8_t *)rows.upper, present);
        lay_out_pixel(to, planes, upper, vldrbq_z_u8((const uint8_t *)rows.lower, present));
    }
}

#endif

/* `columns` columns of two rows to `to` and the bytes behind. */
static void lay_out(const part *at, int8_t *to, row_pair rows, int32_t columns)
{
    const uint16_t plane_bytes = at->layer->plane_bytes;
    const int32_t channels = at->channels;
#if QMCU_MVE
    if (channels == GROUP) {
        lay_out_group(to, plane_bytes, rows, columns);
    } else if (channels > HALF_GROUP) {
        lay_out_some(to, plane_bytes, rows, channels, columns);
    } else {
        lay_out_half(to, plane_bytes, rows, channels, columns);
    }
#else
    for (; columns > 0; columns--, to += WORD, rows.upper += rows.upper_step, rows.lower += rows.lower_step) {
        for (int32_t i = 0; i < channels; i++) {
            to[i * plane_bytes] = rows.upper[i];
            to[i * plane_bytes + 1] = rows.lower[i];
        }
    }
#endif
}

/* The pixels of input row `row` of the planes that stand in the map, or the pad pixel in their place. */
static const int8_t *find_row(const part *at, int32_t row, int32_t *step)
{
    const qmcu_depthwise_3x3_s8_mve_layer *layer = at->layer;
    const qmcu_map *input = &layer->input;
    const int32_t in_y = at->y * layer->window.stride_h - layer->window.pad_top + row;
    if (in_y < 0 || in_y >= input->height) {
        *step = 0;
        /* A row that nothing but a second row would read may lie outside a map without padding. */
        return layer->pad_pixel != NULL ? layer->pad_pixel + at->channel : NULL;
    }
    *step = input->channels;
    return qmcu_pixel(input, at->arena, in_y, at->in_columns.first, at->rect->in_x[0]) + at->channel;
}

/* Lays out the next two rows. */
static void lay_out_rows(part *at)
{
    const qmcu_span columns = at->in_columns;
    row_pair rows;
    rows.upper = find_row(at, at->laid_out, &rows.upper_step);
    rows.lower = find_row(at, at->laid_out + 1, &rows.lower_step);
    if (rows.lower == NULL) {
        rows.lower = rows.upper;
        rows.lower_step = rows.upper_step;
    }
    int8_t *to = at->planes + at->laid_out;
    if (columns.before > 0 || columns.after > 0) {
        const int8_t *pad = at->layer->pad_pixel + at->channel;
        const row_pair pads = {pad, pad, 0, 0};
        lay_out(at, to, pads, columns.before);
        lay_out(at, to + WORD * (columns.before + columns.inside), pads, columns.after);
    }
    lay_out(at, to + WORD * columns.before, rows, columns.inside);
    at->laid_out += 2;
}

static qmcu_compute_windows *choose_compute(const qmcu_depthwise_3x3_s8_mve_layer *layer)
{
    const int cuts_off = layer->zero_point == -128;
    if (layer->window.stride_h == 1) {
        return !layer->rounds_twice ? qmcu_windows_1_once
               : cuts_off           ? qmcu_windows_1_twice_cut_off
                                    : qmcu_windows_1_twice;
    }
    return !layer->rounds_twice ? qmcu_windows_2_once
           : cuts_off           ? qmcu_windows_2_twice_cut_off
                                : qmcu_windows_2_twice;
}

/* Whether output row y + 1 stands so close behind row y that both can be stored at once. */
static int is_pair(const qmcu_map *output, int32_t y)
{
    const int follows = y + 1 < output->ring_rows || (y + 1) % output->ring_rows != 0;
    return follows && output->row_bytes + 4u * output->channels <= 65535u;
}

/* Where outputs are stored: `second` bytes after those of the first row those of the second; 0 where there is none. */
static void place_outputs(const part *at, int32_t second, qmcu_windows_3x3 *windows)
{
    const int32_t stride = at->layer->window.stride_h, pixel = at->layer->output.channels;
    windows->only_row = second > 0 ? 0 : 1;
    /* Lanes of the first half of a step are even, those of the second odd. */
    for (int32_t i = 0; i < LANES; i++) {
        const int32_t place = stride == 1 ? i % 2 * pixel + i / 2 * second : i * pixel;
        windows->places[2 * i] = (uint16_t)place;
        windows->places[2 * i + 1] = (uint16_t)(place + windows->step_bytes / 2);
        windows->rest_places[i] = (uint32_t)(stride == 1 ? i % 2 * second + i / 2 * pixel : i * pixel);
    }
}

/* All rows of some channels. */
static void compute_channels(part *at)
{
    const qmcu_depthwise_3x3_s8_mve_layer *layer = at->layer;
    const qmcu_map *output = &layer->output;
    const int32_t stride = layer->window.stride_h, step_columns = 4 * stride;
    qmcu_compute_windows *const compute = choose_compute(layer);
    qmcu_windows_3x3 windows = {
        .plane_bytes = layer->plane_bytes,
        .steps = at->columns / step_columns,
        .rest = at->columns % step_columns * (stride == 1 ? 2 : 1),
        .channels = at->channels,
        .weights = layer->weights + at->channel * WEIGHT_BYTES,
        .constants = layer->constants + at->channel * (layer->rounds_twice ? 3 : 2),
        .zero_point = layer->zero_point,
        .step_bytes = step_columns * output->channels,
    };
    int32_t second = -1;
    at->laid_out = 0;
    for (int32_t row = 0, rows; row < at->rows; row += rows) {
        /* Rows are laid out in pairs, in place of those that are read no more: from an odd one on only one fits. */
        const int can_pair = stride == 1 && row % 2 == 0 && row + 1 < at->rows;
        rows = can_pair && is_pair(output, at->y + row) ? 2 : 1;
        if (second != (rows - 1) * (int32_t)output->row_bytes) {
            second = (rows - 1) * (int32_t)output->row_bytes;
            place_outputs(at, second, &windows);
        }
        while (at->laid_out < row * stride + KERNEL) {
            lay_out_rows(at);
        }
        windows.plane = at->planes + row * stride;
        windows.output = qmcu_pixel(output, at->arena, at->y + row, at->x, at->rect->out_x) + at->channel;
        compute(&windows);
    }
}

void qmcu_depthwise_3x3_s8_mve(const qmcu_depthwise_3x3_s8_mve_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect)
{
    const int32_t stride = layer->window.stride_w, channels = layer->output.channels;
    part at = {.layer = layer, .arena = arena, .rect = rect, .planes = (int8_t *)qmcu_at(arena, layer->scratch)};
    for (at.y = rect->y0; at.y < rect->y1; at.y += at.rows) {
        at.rows = min_i32(rect->y1 - at.y, layer->chunk_rows);
        for (at.x = rect->x0; at.x < rect->x1; at.x += at.columns) {
            at.columns = min_i32(rect->x1 - at.x, layer->chunk_columns);
            at.in_columns = qmcu_span_of(at.x * stride - layer->window.pad_left, (at.columns - 1) * stride + KERNEL, 1,
                                         layer->input.width);
            for (at.channel = 0; at.channel < channels; at.channel += at.channels) {
                at.channels = min_i32(channels - at.channel, layer->planes);
                compute_channels(&at);
            }
        }
    }
}
