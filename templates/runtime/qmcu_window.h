/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_WINDOW_H
#define QMCU_WINDOW_H

#include <stddef.h>

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* How a kernel slides over its input. Padding at the right and at the bottom follows from the extents. */
typedef struct {
    uint16_t kernel_h, kernel_w;
    uint16_t stride_h, stride_w;
    uint16_t dilation_h, dilation_w;
    uint16_t pad_top, pad_left;
} qmcu_window;

/* Where the taps of a window lie along one axis of the map. */
typedef struct {
    int32_t before; /* taps ahead of the map */
    int32_t inside;
    int32_t after; /* taps beyond the map */
    int32_t first; /* row or column under the first tap inside */
} qmcu_span;

/* `taps` taps from row or column `start` on, `dilation` apart, over a map of `extent` rows or columns. */
static inline qmcu_span qmcu_span_of(int32_t start, int32_t taps, int32_t dilation, int32_t extent)
{
    qmcu_span span = {0, 0, 0, start};
    while (span.before < taps && span.first < 0) {
        span.before++;
        span.first += dilation;
    }
    int32_t place = span.first;
    while (span.before + span.inside < taps && place < extent) {
        span.inside++;
        place += dilation;
    }
    span.after = taps - span.before - span.inside;
    return span;
}

/* A window over one place of its input. */
typedef struct {
    const qmcu_window *window;
    const qmcu_map *input;
    const qmcu_arena *arena;
    int32_t in_x; /* column at which the input's stored rows begin */
    qmcu_span rows;
    qmcu_span columns;
} qmcu_view;

/* The window of output row y, which qmcu_view_column then moves along. */
static inline qmcu_view qmcu_view_row(const qmcu_window *window, const qmcu_map *input, const qmcu_arena *arena,
                                      int32_t y, int32_t in_x)
{
    const int32_t top = y * window->stride_h - window->pad_top;
    qmcu_view view;
    view.window = window;
    view.input = input;
    view.arena = arena;
    view.in_x = in_x;
    view.rows = qmcu_span_of(top, window->kernel_h, window->dilation_h, input->height);
    view.columns = qmcu_span_of(0, 0, 1, 0);
    return view;
}

/* Moves the window to output column x. */
static inline void qmcu_view_column(qmcu_view *view, int32_t x)
{
    const qmcu_window *window = view->window;
    const int32_t left = x * window->stride_w - window->pad_left;
    view->columns = qmcu_span_of(left, window->kernel_w, window->dilation_w, view->input->width);
}

/* The pixel under the first tap inside the map of kernel row rows.before + i. */
static inline const int8_t *qmcu_view_pixel(const qmcu_view *view, int32_t i)
{
    const int32_t y = view->rows.first + i * view->window->dilation_h;
    return qmcu_pixel(view->input, view->arena, y, view->columns.first, view->in_x);
}

/* From one tap inside the map to the next in its row, in values. */
static inline int32_t qmcu_view_step(const qmcu_view *view)
{
    return view->window->dilation_w * view->input->channels;
}

/* The pixels under the first taps inside the map of one kernel row after another. */
typedef struct {
    const int8_t *pixel;
    const int8_t *end;  /* of the map's last slot */
    int32_t step_bytes; /* from one kernel row to the next; 0 where there is no other */
    int32_t ring_bytes;
} qmcu_tap_rows;

static inline qmcu_tap_rows qmcu_view_tap_rows(const qmcu_view *view)
{
    const qmcu_map *input = view->input;
    qmcu_tap_rows rows;
    rows.ring_bytes = (int32_t)(input->ring_rows * input->row_bytes);
    rows.step_bytes = view->rows.inside > 1 ? (int32_t)(view->window->dilation_h * input->row_bytes) : 0;
    rows.end = (const int8_t *)qmcu_at(view->arena, input->offset) + rows.ring_bytes;
    rows.pixel = qmcu_view_pixel(view, 0);
    return rows;
}

static inline void qmcu_next_tap_row(qmcu_tap_rows *rows)
{
    const bool wraps = rows->end - rows->pixel <= rows->step_bytes;
    rows->pixel += wraps ? rows->step_bytes - rows->ring_bytes : rows->step_bytes;
}

/* Takes up `taps` taps of a kernel row; the first reads x, each other one what lies `step` values after the one before. */
typedef void qmcu_take_taps(void *state, const int8_t *x, int32_t step, int32_t taps);

/* Hands all taps under a window to `take` in the order of the weights. Taps outside the map read the pad pixel. */
static inline void qmcu_view_taps(const qmcu_view *view, int32_t first_channel, const int8_t *pad_pixel,
                                  qmcu_take_taps *take, void *state)
{
    const int8_t *pad = pad_pixel == NULL ? NULL : pad_pixel + first_channel;
    const int32_t step = qmcu_view_step(view);
    for (int32_t ky = 0; ky < view->rows.before; ky++) {
        take(state, pad, 0, view->window->kernel_w);
    }
    for (int32_t i = 0; i < view->rows.inside; i++) {
        if (view->columns.before > 0) {
            take(state, pad, 0, view->columns.before);
        }
        if (view->columns.inside > 0) {
            take(state, qmcu_view_pixel(view, i) + first_channel, step, view->columns.inside);
        }
        if (view->columns.after > 0) {
            take(state, pad, 0, view->columns.after);
        }
    }
    for (int32_t ky = 0; ky < view->rows.after; ky++) {
        take(state, pad, 0, view->window->kernel_w);
    }
}

#ifdef __cplusplus
}
#endif

#endif
