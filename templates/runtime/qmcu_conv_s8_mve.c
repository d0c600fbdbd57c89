/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_s8_mve.h"

#include "qmcu_columns_mve.h"

/* Output columns x0 ... x1-1. */
typedef struct {
    const qmcu_conv_s8_mve_layer *layer;
    uint8_t *arena;
    const qmcu_rect *rect;
    int32_t x0, x1;
    qmcu_span columns; /* under their windows */
} chunk;

/* Row `tap` of the windows of output row y, as one value run in every column of the band. */
static void copy_row(const chunk *part, int32_t y, int32_t tap, int8_t *band)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    const qmcu_map *input = &layer->input;
    const int32_t channels = input->channels, pitch = channels * layer->window.kernel_h;
    const int32_t in_y = y * layer->window.stride_h - layer->window.pad_top + tap * layer->window.dilation_h;
    const qmcu_span columns = part->columns;
    int32_t before = columns.before;
    band += tap * channels;
    if (in_y >= 0 && in_y < input->height && columns.inside > 0) {
        const int8_t *pixels = qmcu_pixel(input, part->arena, in_y, columns.first, part->rect->in_x[0]);
        qmcu_copy_columns(band + before * pitch, pitch, pixels, channels, channels, columns.inside);
    } else {
        before += columns.inside;
    }
    qmcu_copy_columns(band, pitch, layer->pad_pixel, 0, channels, before);
    band += (columns.before + columns.inside) * pitch;
    qmcu_copy_columns(band, pitch, layer->pad_pixel, 0, channels, columns.after);
}

/* Lays out the windows of output row y. */
static void fill_band(const chunk *part, int32_t y, int8_t *band)
{
    for (int32_t tap = 0; tap < part->layer->window.kernel_h; tap++) {
        copy_row(part, y, tap, band);
    }
}

/* Output rows y and y+1, in pairs of pixels one below the other. */
static void compute_two_rows(const chunk *part, int32_t y, int8_t *bands)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    int8_t *output = qmcu_pixel(&layer->output, part->arena, y, part->x0, part->rect->out_x);
    const qmcu_pixel_pairs pairs = {
        .input = bands,
        .input_second = (int32_t)layer->band_bytes,
        .input_step = layer->window.stride_w * layer->window.kernel_h * layer->input.channels,
        .output = output,
        .output_second =
            (int32_t)(qmcu_pixel(&layer->output, part->arena, y + 1, part->x0, part->rect->out_x) - output),
        .output_step = layer->output.channels,
        .pairs = part->x1 - part->x0,
    };
    fill_band(part, y, bands);
    fill_band(part, y + 1, bands + layer->band_bytes);
    qmcu_multiply_pairs(&layer->multiply, &pairs);
}

static void compute_row(const chunk *part, int32_t y, int8_t *band)
{
    const qmcu_conv_s8_mve_layer *layer = part->layer;
    const int32_t step = layer->window.stride_w * layer->window.kernel_h * layer->input.channels;
    fill_band(part, y, band);
    qmcu_multiply_row(&layer->multiply, band, step,
                      qmcu_pixel(&layer->output, part->arena, y, part->x0, part->rect->out_x), part->x1 - part->x0);
}

void qmcu_conv_s8_mve(const qmcu_conv_s8_mve_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const qmcu_window *window = &layer->window;
    int8_t *bands = (int8_t *)(arena + layer->scratch);
    chunk part = {layer, arena, rect, 0, 0, {0, 0, 0, 0}};
    for (part.x0 = rect->x0; part.x0 < rect->x1; part.x0 = part.x1) {
        part.x1 = rect->x1 - part.x0 < layer->chunk_columns ? rect->x1 : part.x0 + layer->chunk_columns;
        part.columns = qmcu_span_of(part.x0 * window->stride_w - window->pad_left,
                                    (part.x1 - part.x0 - 1) * window->stride_w + window->kernel_w, 1,
                                    layer->input.width);
        int32_t y = rect->y0;
        for (; layer->chunk_rows == 2u && y + 1 < rect->y1; y += 2) {
            compute_two_rows(&part, y, bands);
        }
        for (; y < rect->y1; y++) {
            compute_row(&part, y, bands);
        }
    }
}
