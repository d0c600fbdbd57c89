/* SPDX-License-Identifier: 0BSD */
#include "qmcu_max_cmsis_nn.h"

#include "qmcu_cmsis_nn_stretch.h"

void qmcu_max_cmsis_nn(const qmcu_max_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const cmsis_nn_context context = {NULL, 0};
    const qmcu_cmsis_nn_stretch stretch = qmcu_cmsis_nn_stretch_of(layer->input, 2, &layer->output, rect);
    const cmsis_nn_dims dims = {1, 1, stretch.pixels, layer->output.channels};
    for (int32_t y = rect->y0; y < rect->y1; y += stretch.rows) {
        const qmcu_cmsis_nn_operands at =
            qmcu_cmsis_nn_operands_at(y, layer->input, &layer->output, rect, arena);
        qmcu_cmsis_nn_expect(arm_maximum_s8(&context, at.a, &dims, at.b, &dims, at.output, &dims) ==
                             ARM_CMSIS_NN_SUCCESS);
    }
}
