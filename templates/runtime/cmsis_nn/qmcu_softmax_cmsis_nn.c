/* SPDX-License-Identifier: 0BSD */
#include "qmcu_softmax_cmsis_nn.h"

#include "qmcu_cmsis_nn_stretch.h"

void qmcu_softmax_cmsis_nn(const qmcu_softmax_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_cmsis_nn_stretch stretch = qmcu_cmsis_nn_stretch_of(&layer->input, 1, &layer->output, rect);
    for (int32_t y = rect->y0; y < rect->y1; y += stretch.rows) {
        arm_softmax_s8(qmcu_pixel(&layer->input, arena, y, rect->x0, rect->in_x[0]), stretch.pixels,
                       layer->input.channels, layer->multiplier, layer->shift, layer->diff_min,
                       qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x));
    }
}
