/* SPDX-License-Identifier: 0BSD */
#include "qmcu_argmax_s8.h"

static int32_t index_of_best(const int8_t *values, int32_t count, int32_t sign)
{
    int32_t best = 0;
    for (int32_t i = 1; i < count; i++) {
        if (sign * values[i] > sign * values[best]) {
            best = i;
        }
    }
    return best;
}

void qmcu_argmax_s8(const qmcu_argmax_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            const int8_t *const input = qmcu_pixel(&layer->input, arena, y, x, rect->in_x[0]);
            int8_t *const output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x);
            *output = (int8_t)(layer->first_index + index_of_best(input, layer->input.channels, layer->sign));
        }
    }
}
