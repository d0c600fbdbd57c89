/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pointwise_s8_mve.h"

/* Whether row y+1 of a map follows row y without a gap, where a call covers the columns from `from` to `to`. */
static int follows(const qmcu_map *map, int32_t y, int32_t from, int32_t to)
{
    const uint32_t bytes = (uint32_t)(to - from) * map->channels;
    return map->row_bytes == bytes && (y + 1) % map->ring_rows != 0;
}

void qmcu_pointwise_s8_mve(const qmcu_pointwise_s8_mve_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const int32_t stride_h = layer->window.stride_h, stride_w = layer->window.stride_w;
    const int32_t columns = rect->x1 - rect->x0;
    for (int32_t y = rect->y0, last = y; y < rect->y1; y = last + 1) {
        const int8_t *input = qmcu_pixel(&layer->input, arena, y * stride_h, rect->x0 * stride_w, rect->in_x[0]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        /* Rows that follow each other are one. */
        for (last = y; last + 1 < rect->y1 && stride_h == 1 && stride_w == 1; last++) {
            if (!follows(&layer->input, last, rect->x0, rect->x1) || !follows(&layer->output, last, rect->x0, rect->x1)) {
                break;
            }
        }
        qmcu_multiply_row(&layer->multiply, input, stride_w * layer->input.channels, output,
                          (last + 1 - y) * columns);
    }
}
