/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pointwise_s8_dsp.h"

/* `pixels` output pixels that follow each other at `output`, from input pixels `pixel_stride` bytes apart. */
static void compute_run(const qmcu_pointwise_s8_dsp_layer *layer, const qmcu_tile_scratch *scratch, const int8_t *input,
                        int32_t pixel_stride, uint32_t pixels, int8_t *output)
{
    const uint32_t values = layer->input.channels, channels = layer->output.channels;
    const int is_filled_up = values % 4u == 1u; /* to whole groups, by a pair */
    while (pixels > 0u) {
        const uint32_t count = pixels < layer->tile.chunk_pixels ? pixels : layer->tile.chunk_pixels;
        uint32_t *words = scratch->activations;
        uint32_t pairs = count / 2u;
        if (is_filled_up) {
            for (; pairs > 0u; pairs--, input += 2 * pixel_stride) {
                words = qmcu_unpack_pair(words, input, input + pixel_stride, values, 1, 0) + 2;
            }
        } else if (pairs > 0u) {
            words = qmcu_unpack_pair(words, input, input + pixel_stride, values, pairs, 2 * pixel_stride);
            input += 2 * (int32_t)pairs * pixel_stride;
        }
        if (count % 2u != 0u) {
            qmcu_unpack_pair(words, input, input, values, 1, 0);
            input += pixel_stride;
        }
        qmcu_tile_run(&layer->tile, scratch, count, channels, output);
        output += count * channels;
        pixels -= count;
    }
}

void qmcu_pointwise_s8_dsp(const qmcu_pointwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_tile_scratch scratch = qmcu_tile_scratch_at(&layer->tile, qmcu_at(arena, layer->scratch));
    const int32_t stride_h = layer->window.stride_h, stride_w = layer->window.stride_w;
    uint32_t rows = (uint32_t)(rect->y1 - rect->y0);
    uint32_t columns = (uint32_t)(rect->x1 - rect->x0);

    if (stride_h == 1 && stride_w == 1 && qmcu_rows_adjoin(&layer->input, rect->y0, rect->y1, columns) &&
        qmcu_rows_adjoin(&layer->output, rect->y0, rect->y1, columns)) {
        columns *= rows;
        rows = 1;
    }
    qmcu_tile_begin(&layer->tile, &scratch, layer->output.channels);
    for (uint32_t row = 0; row < rows; row++) {
        const int32_t y = rect->y0 + (int32_t)row;
        const int8_t *input = qmcu_pixel(&layer->input, arena, y * stride_h, rect->x0 * stride_w, rect->in_x[0]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        compute_run(layer, &scratch, input, stride_w * layer->input.channels, columns, output);
    }
}
