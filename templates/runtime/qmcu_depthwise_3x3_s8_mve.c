/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_3x3_s8_mve.h"

#include "qmcu_min_max.h"
#include "qmcu_mve.h"
#include "qmcu_windows_3x3_mve.h"

enum { KERNEL = 3, WORD = 4, HALF_GROUP = 8, GROUP = 16, LANES = 4, WEIGHT_BYTES = 16 };
/* How far outputs of a step may stand behind the first. */
#define MAX_PLACE 65535u

/* Output rows from y on and columns x ... x + columns-1, of the channels from `channel` on. */
typedef struct {
    const qmcu_depthwise_3x3_s8_mve_layer *layer;
    const qmcu_arena *arena;
    const qmcu_rect *rect;
    int32_t y, rows;
    int32_t x, columns;
    int32_t is_turned;      /* 1 where its lines are columns, from top to bottom; 0 where they are rows */
    int32_t lines, length;  /* of outputs */
    qmcu_span inside;       /* of an input line, under the windows */
    int32_t along, across;  /* bytes from an output to the next of its line, and to that of the next line */
    int32_t second;         /* the same where the next line is computed too, else 0; -1: not yet known */
    int32_t channel, channels;
    int8_t *planes;
    int32_t laid_out; /* lines of the planes */
    qmcu_windows_3x3 windows;
} part;

/* Two lines of pixels, each `step` bytes from one to the next. */
typedef struct {
    const int8_t *upper, *lower;
    int32_t upper_step, lower_step;
} line_pair;

#if QMCU_MVE

/* Up to eight channels. */
static void lay_out_half(int8_t *to, uint16_t plane_bytes, line_pair lines, int32_t channels, int32_t pixels)
{
    const uint16x8_t planes = vmulq_n_u16(vidupq_n_u16(0, 1), plane_bytes);
    const mve_pred16_t present = vctp16q((uint32_t)channels);
    for (; pixels > 0; pixels--, to += WORD, lines.upper += lines.upper_step, lines.lower += lines.lower_step) {
        const uint16x8_t upper = vldrbq_z_u16((const uint8_t *)lines.upper, present);
        const uint16x8_t lower = vldrbq_z_u16((const uint8_t *)lines.lower, present);
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

static void lay_out_group(int8_t *to, uint16_t plane_bytes, line_pair lines, int32_t pixels)
{
    const uint16x8_t even = vmulq_n_u16(vidupq_n_u16(0, 2), plane_bytes);
    const plane_places planes = {even, vaddq_n_u16(even, plane_bytes)};
    for (; pixels > 0; pixels--, to += WORD, lines.upper += lines.upper_step, lines.lower += lines.lower_step) {
        lay_out_pixel(to, planes, vldrbq_u8((const uint8_t *)lines.upper), vldrbq_u8((const uint8_t *)lines.lower));
    }
}

/* The same of fewer than 16 channels. */
static void lay_out_some(int8_t *to, uint16_t plane_bytes, line_pair lines, int32_t channels, int32_t pixels)
{
    const uint16x8_t even = vmulq_n_u16(vidupq_n_u16(0, 2), plane_bytes);
    const plane_places planes = {even, vaddq_n_u16(even, plane_bytes)};
    const mve_pred16_t present = vctp8q((uint32_t)channels);
    for (; pixels > 0; pixels--, to += WORD, lines.upper += lines.upper_step, lines.lower += lines.lower_step) {
        const uint8x16_t upper = vldrbq_z_u8((const uint8_t *)lines.upper, present);
        lay_out_pixel(to, planes, upper, vldrbq_z_u8((const uint8_t *)lines.lower, present));
    }
}

#endif

/* `pixels` pixels of two lines to `to` and the bytes behind. */
static void lay_out(const part *at, int8_t *to, line_pair lines, int32_t pixels)
{
    const uint16_t plane_bytes = at->layer->plane_bytes;
    const int32_t channels = at->channels;
#if QMCU_MVE
    if (channels == GROUP) {
        lay_out_group(to, plane_bytes, lines, pixels);
    } else if (channels > HALF_GROUP) {
        lay_out_some(to, plane_bytes, lines, channels, pixels);
    } else {
        lay_out_half(to, plane_bytes, lines, channels, pixels);
    }
#else
    for (; pixels > 0; pixels--, to += WORD, lines.upper += lines.upper_step, lines.lower += lines.lower_step) {
        for (int32_t i = 0; i < channels; i++) {
            to[i * plane_bytes] = lines.upper[i];
            to[i * plane_bytes + 1] = lines.lower[i];
        }
    }
#endif
}

/* The pixels of input line `line` of the planes that stand in the map, or the pad pixel in their place. */
static const int8_t *find_line(const part *at, int32_t line, int32_t *step)
{
    const qmcu_depthwise_3x3_s8_mve_layer *layer = at->layer;
    const qmcu_window *window = &layer->window;
    const qmcu_map *input = &layer->input;
    const int32_t along = at->inside.first;
    const int32_t across = at->is_turned ? at->x * window->stride_w - window->pad_left + line
                                         : at->y * window->stride_h - window->pad_top + line;
    if (across < 0 || across >= (at->is_turned ? input->width : input->height)) {
        *step = 0;
        /* A line that nothing but a second one would read may lie outside a map without padding. */
        return layer->pad_pixel != NULL ? layer->pad_pixel + at->channel : NULL;
    }
    *step = at->is_turned ? (int32_t)input->row_bytes : input->channels;
    return qmcu_pixel(input, at->arena, at->is_turned ? along : across, at->is_turned ? across : along,
                      at->rect->in_x[0]) +
           at->channel;
}

/* Lays out the next two lines. */
static void lay_out_lines(part *at)
{
    const qmcu_span inside = at->inside;
    line_pair lines;
    lines.upper = find_line(at, at->laid_out, &lines.upper_step);
    lines.lower = find_line(at, at->laid_out + 1, &lines.lower_step);
    if (lines.lower == NULL) {
        lines.lower = lines.upper;
        lines.lower_step = lines.upper_step;
    }
    int8_t *to = at->planes + at->laid_out;
    if (inside.before > 0 || inside.after > 0) {
        const int8_t *pad = at->layer->pad_pixel + at->channel;
        const line_pair pads = {pad, pad, 0, 0};
        lay_out(at, to, pads, inside.before);
        lay_out(at, to + WORD * (inside.before + inside.inside), pads, inside.after);
    }
    lay_out(at, to + WORD * inside.before, lines, inside.inside);
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

/* Whether output line `line` + 1 stands so close behind that one that both can be stored at once. */
static int is_pair(const part *at, int32_t line)
{
    const qmcu_map *output = &at->layer->output;
    const int32_t y = at->y + line;
    const int follows = y + 1 < output->ring_rows || (y + 1) % output->ring_rows != 0;
    return at->is_turned || (follows && output->row_bytes + 4u * output->channels <= MAX_PLACE);
}

/* Where outputs are stored: `second` bytes after those of the first line those of the second. */
static void place_outputs(part *at, int32_t second)
{
    qmcu_windows_3x3 *windows = &at->windows;
    const int32_t along = at->along, half_step = windows->step_bytes / 2;
    const int32_t is_double = at->layer->window.stride_h == 1 ? 1 : 0;
    const int32_t next = is_double ? second : 2 * along;
    at->second = second;
    windows->only_row = second > 0 ? 0 : 1;
    /* Lanes of the first half of a step are even, those of the second odd. */
    for (int32_t i = 0; i < LANES; i++) {
        const int32_t place = i % 2 * along + i / 2 * next;
        windows->places[2 * i] = (uint16_t)place;
        windows->places[2 * i + 1] = (uint16_t)(place + half_step);
        windows->rest_places[i] = (uint32_t)(is_double ? i % 2 * second + i / 2 * along : place);
    }
}

/* What all channels have in common. */
static void begin_windows(part *at)
{
    const qmcu_depthwise_3x3_s8_mve_layer *layer = at->layer;
    const int32_t stride = layer->window.stride_h, step_pixels = 4 * stride;
    const int32_t pixel = layer->output.channels, row = (int32_t)layer->output.row_bytes;
    at->along = at->is_turned ? row : pixel;
    at->across = at->is_turned ? pixel : row;
    at->second = -1;
    at->windows.plane_bytes = layer->plane_bytes;
    at->windows.steps = at->length / step_pixels;
    at->windows.rest = at->length % step_pixels * (stride == 1 ? 2 : 1);
    at->windows.zero_point = layer->zero_point;
    at->windows.step_bytes = step_pixels * at->along;
}

/* All lines of some channels, whose weights are given. */
static void compute_channels(part *at, const int8_t *weights)
{
    const qmcu_depthwise_3x3_s8_mve_layer *layer = at->layer;
    const int32_t stride = layer->window.stride_h;
    qmcu_compute_windows *const compute = choose_compute(layer);
    at->windows.channels = at->channels;
    at->windows.weights = weights;
    at->windows.constants = layer->constants + at->channel * (layer->rounds_twice ? 3 : 2);
    at->laid_out = 0;
    for (int32_t line = 0, lines; line < at->lines; line += lines) {
        /* Lines are laid out in pairs, in place of those that are read no more: from an odd one on only one fits. */
        const int can_pair = stride == 1 && line % 2 == 0 && line + 1 < at->lines;
        lines = can_pair && is_pair(at, line) ? 2 : 1;
        if (at->second != (lines - 1) * at->across) {
            place_outputs(at, (lines - 1) * at->across);
        }
        while (at->laid_out < line * stride + KERNEL) {
            lay_out_lines(at);
        }
        at->windows.plane = at->planes + line * stride;
        at->windows.output = qmcu_pixel(&layer->output, at->arena, at->y + (at->is_turned ? 0 : line),
                                        at->x + (at->is_turned ? line : 0), at->rect->out_x) +
                             at->channel;
        compute(&at->windows);
    }
}

/* Weights that stand by rows, from those that stand by columns, and the zeros behind them. */
static void turn_weights(int8_t *to, const int8_t *from, int32_t channels)
{
    static const uint8_t places[WEIGHT_BYTES] = {0, 0, 0, 0, 0, 5, 9, 13, 0, 6, 10, 14, 0, 7, 11, 15};
#if QMCU_MVE
    const uint8x16_t offsets = vldrbq_u8(places);
    for (; channels > 0; channels--, from += WEIGHT_BYTES, to += WEIGHT_BYTES) {
        vstrbq_s8(to, vldrbq_gather_offset_s8(from, offsets));
    }
    vstrbq_s8(to, vdupq_n_s8(0));
#else
    for (; channels > 0; channels--, from += WEIGHT_BYTES, to += WEIGHT_BYTES) {
        for (int32_t i = 0; i < WEIGHT_BYTES; i++) {
            to[i] = from[places[i]];
        }
    }
    for (int32_t i = 0; i < WEIGHT_BYTES; i++) {
        to[i] = 0;
    }
#endif
}

/* Chooses the longer lines, where columns may be lines: each as far from row to row. */
static void choose_lines(part *at)
{
    const qmcu_depthwise_3x3_s8_mve_layer *layer = at->layer;
    const qmcu_map *input = &layer->input, *output = &layer->output;
    const int32_t stride = layer->window.stride_h, reach = KERNEL - stride;
    const qmcu_span rows =
        qmcu_span_of(at->y * stride - layer->window.pad_top, at->rows * stride + reach, 1, input->height);
    at->is_turned = layer->turned_weights != 0u && at->rows > at->columns && 8u * output->row_bytes <= MAX_PLACE &&
                    rows.inside > 0 && qmcu_slots_adjoin(input, rows.first, rows.first + rows.inside) &&
                    qmcu_slots_adjoin(output, at->y, at->y + at->rows);
    at->lines = at->is_turned ? at->columns : at->rows;
    at->length = at->is_turned ? at->rows : at->columns;
    at->inside = at->is_turned ? rows
                               : qmcu_span_of(at->x * stride - layer->window.pad_left, at->columns * stride + reach, 1,
                                              input->width);
}

void qmcu_depthwise_3x3_s8_mve(const qmcu_depthwise_3x3_s8_mve_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    part at = {.layer = layer, .arena = arena, .rect = rect, .planes = (int8_t *)qmcu_at(arena, layer->scratch)};
    for (at.y = rect->y0; at.y < rect->y1; at.y += at.rows) {
        at.rows = qmcu_min(rect->y1 - at.y, layer->chunk_rows);
        for (at.x = rect->x0; at.x < rect->x1; at.x += at.columns) {
            at.columns = qmcu_min(rect->x1 - at.x, layer->chunk_columns);
            choose_lines(&at);
            begin_windows(&at);
            for (at.channel = 0; at.channel < channels; at.channel += at.channels) {
                at.channels = qmcu_min(channels - at.channel, layer->planes);
                const int8_t *weights = layer->weights + at.channel * WEIGHT_BYTES;
                if (at.is_turned) {
                    int8_t *turned = (int8_t *)qmcu_at(arena, layer->turned_weights);
                    turn_weights(turned, weights, at.channels);
                    weights = turned;
                }
                compute_channels(&at, weights);
            }
        }
    }
}
