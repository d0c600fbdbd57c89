/* SPDX-License-Identifier: 0BSD */
#include "qmcu_lut_s8.h"

void qmcu_lut_s8(const qmcu_lut_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *input = qmcu_pixel(&layer->input, arena, y, rect->x0, rect->in_x[0]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        for (int32_t i = 0; i < values; i++) {
            output[i] = layer->table[input[i] + 128];
        }
    }
}
