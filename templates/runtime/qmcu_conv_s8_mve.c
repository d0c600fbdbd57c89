/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_s8_mve.h"

#include "qmcu_columns_mve.h"

/* Output columns x0 ... x1-1. */
typedef struct {
    const qmcu_conv_s8_mve_layer *layer;
    const qmcu_arena *arena;
    const qmcu_rect *rect;
    int32_t x0, x1;
    qmcu_span columns;  /* under their windows */
    qmcu_spread spread; /* of pixels to the columns of the band */
    int8_t *waiting;    /* the output of the window behind the band; NULL where there is none */
} chunk;

/* Row `tap` of the windows of output row y, as one run of values in every column of the band. */
static void copy_row(const chunk *part, int32_t y, int32_t tap, int8_t *band)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    const qmcu_map *input = &layer->input;
    const int32_t channels = input->channels, pitch = part->spread.step;
    const int32_t in_y = y * layer->window.stride_h - layer->window.pad_top + tap * layer->window.dilation_h;
    const qmcu_span columns = part->columns;
    int32_t before = columns.before;
    band += tap * channels;
    if (in_y >= 0 && in_y < input->height && columns.inside > 0) {
        const int8_t *pixels = qmcu_pixel(input, part->arena, in_y, columns.first, part->rect->in_x[0]);
        qmcu_spread_runs(&part->spread, band + before * pitch, pixels, columns.inside);
    } else {
        before += columns.inside;
    }
    if (before > 0) {
        qmcu_copy_runs(&part->spread, band, layer->pad_pixel, 0, before);
    }
    if (columns.after > 0) {
        band += (columns.before + columns.inside) * pitch;
        qmcu_copy_runs(&part->spread, band, layer->pad_pixel, 0, columns.after);
    }
}

/* The window that waits, and that at `input`; or this one alone. */
static void compute_last(chunk *part, const int8_t *input, int8_t *output)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    const int8_t *const other = (const int8_t *)qmcu_at(part->arena, layer->scratch) + layer->band_bytes;
    const qmcu_pixel_pairs pair = {
        .input = input,
        .input_second = part->waiting != NULL ? (int32_t)(other - input) : 0,
        .output = output,
        .output_second = part->waiting != NULL ? (int32_t)(part->waiting - output) : 0,
        .pairs = 1,
    };
    qmcu_multiply_pairs(&layer->multiply, &pair);
    part->waiting = NULL;
}

/* The output row whose windows begin at `band`. Of an odd number of pixels the last one may wait for that of the next row. */
static void compute_row(chunk *part, int32_t y, const int8_t *band, int may_wait)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    const int32_t step = layer->window.stride_w * part->spread.step, pixels = part->x1 - part->x0;
    int8_t *output = qmcu_pixel(&layer->output, part->arena, y, part->x0, part->rect->out_x);
    const int8_t *last = band + (pixels - 1) * step;
    int8_t *last_output = output + (pixels - 1) * layer->output.channels;
    if (pixels > 1) {
        qmcu_multiply_row(&layer->multiply, band, step, output, pixels / 2 * 2);
    }
    if (pixels % 2 == 0) {
        return;
    }
    if (layer->waits && part->waiting == NULL && may_wait) {
        const qmcu_spread whole = {.run = (int32_t)layer->multiply.values};
        qmcu_copy_runs(&whole, (int8_t *)qmcu_at(part->arena, layer->scratch) + layer->band_bytes, last, 0, 1);
        part->waiting = last_output;
    } else {
        compute_last(part, last, last_output);
    }
}

/* All rows of a chunk. */
static void compute_chunk(chunk *part)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    const int32_t stride = layer->window.stride_h, taps = layer->window.kernel_h;
    int8_t *const start = (int8_t *)qmcu_at(part->arena, layer->scratch);
    int8_t *band = start;
    int32_t left = 0; /* rows before the band is filled anew */
    for (int32_t y = part->rect->y0; y < part->rect->y1; y++) {
        int32_t tap = 0;
        if (left == 0) {
            band = start;
            left = layer->chunk_rows;
        } else {
            band += stride * layer->input.channels;
            tap = taps > stride ? taps - stride : 0;
        }
        for (; tap < taps; tap++) {
            copy_row(part, y, tap, band);
        }
        left--;
        /* In a ring of one row the next one takes its place. */
        compute_row(part, y, band, y + 1 < part->rect->y1 && layer->output.ring_rows > 1u);
    }
}

void qmcu_conv_s8_mve(const qmcu_conv_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_window *window = &layer->window;
    chunk part = {.layer = layer, .arena = arena, .rect = rect};
    part.spread = qmcu_spread_of(layer->input.channels, layer->input.channels * window->kernel_h);
    for (part.x0 = rect->x0; part.x0 < rect->x1; part.x0 = part.x1) {
        part.x1 = rect->x1 - part.x0 < layer->chunk_columns ? rect->x1 : part.x0 + layer->chunk_columns;
        part.columns = qmcu_span_of(part.x0 * window->stride_w - window->pad_left,
                                    (part.x1 - part.x0 - 1) * window->stride_w + window->kernel_w, 1,
                                    layer->input.width);
        compute_chunk(&part);
    }
}
