/* SPDX-License-Identifier: 0BSD */
#include "qmcu_resize_s8.h"

#define ONE 1024

static void mix_pixel(const int8_t *const corner[4], const int32_t weight[4], int32_t channels, int8_t *output)
{
    for (int32_t i = 0; i < channels; i++) {
        const int32_t sum = corner[0][i] * weight[0] + corner[1][i] * weight[1] + corner[2][i] * weight[2] +
                            corner[3][i] * weight[3];
        output[i] = (int8_t)((sum + (sum > 0 ? 1 << 19 : -(1 << 19))) / (1 << 20));
    }
}

void qmcu_resize_s8(const qmcu_resize_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int16_t *row = &layer->rows[3 * y];
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            const int16_t *column = &layer->columns[3 * x];
            const int8_t *const corner[4] = {
                qmcu_pixel(&layer->input, arena, row[0], column[0], rect->in_x[0]),
                qmcu_pixel(&layer->input, arena, row[0], column[1], rect->in_x[0]),
                qmcu_pixel(&layer->input, arena, row[1], column[0], rect->in_x[0]),
                qmcu_pixel(&layer->input, arena, row[1], column[1], rect->in_x[0]),
            };
            const int32_t weight[4] = {
                (ONE - row[2]) * (ONE - column[2]),
                (ONE - row[2]) * column[2],
                row[2] * (ONE - column[2]),
                row[2] * column[2],
            };
            mix_pixel(corner, weight, layer->output.channels, qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
