/* SPDX-License-Identifier: 0BSD */
#include "qmcu_lut_channels_s8.h"

static void look_up_pixel(const qmcu_lut_channels_s8_layer *layer, const int8_t *input, int8_t *output)
{
    for (int32_t channel = 0; channel < layer->output.channels; channel++) {
        output[channel] = layer->table[channel * layer->table_pitch + input[channel] - layer->lowest];
    }
}

void qmcu_lut_channels_s8(const qmcu_lut_channels_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            look_up_pixel(layer, qmcu_pixel(&layer->input, arena, y, x, rect->in_x[0]),
                          qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
