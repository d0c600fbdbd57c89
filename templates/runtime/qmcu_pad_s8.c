/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pad_s8.h"

#include <string.h>

static const int8_t *source_of(const qmcu_pad_s8_layer *layer, const qmcu_arena *arena, int32_t y, int32_t x,
                               int32_t in_x)
{
    const int32_t in_row = y - layer->pad_top;
    const int32_t in_column = x - layer->pad_left;
    if (in_row < 0 || in_row >= layer->input.height || in_column < 0 || in_column >= layer->input.width) {
        return layer->pad_pixel;
    }
    return qmcu_pixel(&layer->input, arena, in_row, in_column, in_x);
}

void qmcu_pad_s8(const qmcu_pad_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            memcpy(qmcu_pixel(&layer->output, arena, y, x, rect->out_x),
                   source_of(layer, arena, y, x, rect->in_x[0]), layer->output.channels);
        }
    }
}
