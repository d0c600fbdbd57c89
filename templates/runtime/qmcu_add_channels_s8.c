/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_channels_s8.h"
#include "qmcu_requant.h"

static void add_pixel(const qmcu_add_channels_s8_layer *layer, const int8_t *a, const int8_t *b, int8_t *output)
{
    const int16_t *m0 = layer->multiplier[0], *m1 = layer->multiplier[1];
    const int32_t *offset = layer->offset;
    const int32_t shift = layer->shift, min = layer->min, max = layer->max;
    for (int8_t *end = output + layer->output.channels; output < end; output++) {
        const int32_t sum = *a++ * *m0++ + *b++ * *m1++ + *offset++;
        *output = (int8_t)qmcu_clamp(sum >> shift, min, max);
    }
}

void qmcu_add_channels_s8(const qmcu_add_channels_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            add_pixel(layer, qmcu_pixel(&layer->input[0], arena, y, x, rect->in_x[0]),
                      qmcu_pixel(&layer->input[1], arena, y, x, rect->in_x[1]),
                      qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
