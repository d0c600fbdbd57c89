/* SPDX-License-Identifier: 0BSD */
#include "qmcu_min_cmsis_nn.h"

#include "qmcu_cmsis_nn_stretch.h"

void qmcu_min_cmsis_nn(const qmcu_min_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const cmsis_nn_context context = {NULL, 0};
    const qmcu_cmsis_nn_stretch stretch = qmcu_cmsis_nn_stretch_of(layer->input, 2, &layer->output, rect);
    const cmsis_nn_dims dims = {1, 1, stretch.pixels, layer->output.channels};
    for (int32_t y = rect->y0; y < rect->y1; y += stretch.rows) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        qmcu_cmsis_nn_expect(arm_minimum_s8(&context, a, &dims, b, &dims, output, &dims) == ARM_CMSIS_NN_SUCCESS);
    }
}
