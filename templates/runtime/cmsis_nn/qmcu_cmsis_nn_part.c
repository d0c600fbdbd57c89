/* SPDX-License-Identifier: 0BSD */
#include "qmcu_cmsis_nn_part.h"

#include <string.h>

/* What windows over some places of an axis read of it. */
typedef struct {
    int32_t from, to; /* as far as the map reaches */
    int32_t before;   /* places of padding ahead of the map */
    bool ends_beyond; /* whether they reach beyond its end */
} qmcu_reach;

static int32_t within(int32_t place, int32_t extent)
{
    return place < 0 ? 0 : (place > extent ? extent : place);
}

static qmcu_reach reach_of(int32_t from, int32_t to, int32_t stride, int32_t pad, int32_t taps, int32_t dilation,
                           int32_t extent)
{
    const int32_t first = from * stride - pad;
    const int32_t end = (to - 1) * stride - pad + (taps - 1) * dilation + 1;
    qmcu_reach reach = {within(first, extent), within(end, extent), first < 0 ? -first : 0, end > extent};
    return reach;
}

/* In blocks whose copy a compiler puts in place, since the memcpy of small C libraries goes byte by byte. */
static void copy_row(int8_t *to, const int8_t *from, size_t bytes)
{
    enum { BLOCK = 16 };
    size_t done = 0;
    for (; done + BLOCK <= bytes; done += BLOCK) {
        memcpy(to + done, from + done, BLOCK);
    }
    memcpy(to + done, from + done, bytes - done);
}

static bool lies_in_order(const qmcu_map *map, int32_t y0, int32_t y1)
{
    return y0 % map->ring_rows + (y1 - y0) <= map->ring_rows;
}

bool qmcu_cmsis_nn_lies_together(const qmcu_map *map, int32_t y0, int32_t y1, int32_t columns)
{
    return y1 - y0 == 1 ||
           ((uint32_t)columns * map->channels == map->row_bytes && lies_in_order(map, y0, y1));
}

/* Whether rows may be handed over as they are stored: what they hold besides is never looked at. */
static bool serves_as_stored(const qmcu_cmsis_nn_part *part, const qmcu_reach *rows, const qmcu_reach *columns)
{
    const qmcu_map *map = part->input_map;
    const qmcu_window *window = part->window;
    const int32_t wanted = columns->to - columns->from;
    /* Such a layer goes through its input from end to end, and padding begins where the rows end. */
    const bool is_pointwise = window->kernel_h * window->kernel_w * window->stride_h * window->stride_w == 1;
    if (is_pointwise || columns->ends_beyond) {
        return qmcu_cmsis_nn_lies_together(map, rows->from, rows->to, wanted);
    }
    return map->row_bytes % map->channels == 0 && lies_in_order(map, rows->from, rows->to);
}

static void find_input(qmcu_cmsis_nn_part *part, const qmcu_reach *rows, const qmcu_reach *columns)
{
    const qmcu_map *map = part->input_map;
    const int32_t in_x = part->rect->in_x[0];
    const int32_t height = rows->to - rows->from;
    int32_t width = columns->to - columns->from;
    if (height == 1) {
        part->input = qmcu_pixel(map, part->arena, rows->from, columns->from, in_x);
    } else if (serves_as_stored(part, rows, columns)) {
        width = (int32_t)(map->row_bytes / map->channels);
        part->input = qmcu_pixel(map, part->arena, rows->from, columns->from, in_x);
    } else {
        const size_t bytes = (size_t)(width * map->channels);
        int8_t *copy = (int8_t *)qmcu_at(part->arena, part->cut->input_stage);
        part->input = copy;
        for (int32_t y = rows->from; y < rows->to; y++) {
            copy_row(copy, qmcu_pixel(map, part->arena, y, columns->from, in_x), bytes);
            copy += bytes;
        }
    }
    const cmsis_nn_dims dims = {1, height, width, map->channels};
    part->input_dims = dims;
}

static void find_output(qmcu_cmsis_nn_part *part)
{
    const qmcu_map *map = part->output_map;
    const qmcu_rect *rect = part->rect;
    const cmsis_nn_dims dims = {1, part->y1 - part->y0, rect->x1 - rect->x0, map->channels};
    part->output_dims = dims;
    part->stages_output = !qmcu_cmsis_nn_lies_together(map, part->y0, part->y1, dims.w);
    part->output = part->stages_output ? (int8_t *)qmcu_at(part->arena, part->cut->output_stage)
                                       : qmcu_pixel(map, part->arena, part->y0, rect->x0, rect->out_x);
}

bool qmcu_cmsis_nn_next_part(qmcu_cmsis_nn_part *part)
{
    const qmcu_rect *rect = part->rect;
    const qmcu_window *window = part->window;
    if (part->y1 >= rect->y1) {
        return false;
    }
    part->y0 = part->y1;
    part->y1 = rect->y1 - part->y0 > part->cut->rows ? part->y0 + part->cut->rows : rect->y1;
    const qmcu_reach rows = reach_of(part->y0, part->y1, window->stride_h, window->pad_top, window->kernel_h,
                                     window->dilation_h, part->input_map->height);
    const qmcu_reach columns = reach_of(rect->x0, rect->x1, window->stride_w, window->pad_left, window->kernel_w,
                                        window->dilation_w, part->input_map->width);
    const cmsis_nn_tile padding = {columns.before, rows.before};
    part->padding = padding;
    find_input(part, &rows, &columns);
    find_output(part);
    return true;
}

void qmcu_cmsis_nn_keep_part(const qmcu_cmsis_nn_part *part)
{
    if (!part->stages_output) {
        return;
    }
    const int8_t *staged = part->output;
    const size_t bytes = (size_t)(part->output_dims.w * part->output_dims.c);
    for (int32_t y = part->y0; y < part->y1; y++) {
        copy_row(qmcu_pixel(part->output_map, part->arena, y, part->rect->x0, part->rect->out_x), staged, bytes);
        staged += bytes;
    }
}
