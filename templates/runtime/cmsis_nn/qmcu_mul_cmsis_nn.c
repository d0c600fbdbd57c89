/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mul_cmsis_nn.h"

#include "qmcu_cmsis_nn_stretch.h"

void qmcu_mul_cmsis_nn(const qmcu_mul_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_cmsis_nn_stretch stretch = qmcu_cmsis_nn_stretch_of(layer->input, 2, &layer->output, rect);
    const int32_t values = stretch.pixels * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y += stretch.rows) {
        const qmcu_cmsis_nn_operands at =
            qmcu_cmsis_nn_operands_at(y, layer->input, &layer->output, rect, arena);
        qmcu_cmsis_nn_expect(arm_elementwise_mul_s8(at.a, at.b, layer->input_offset[0], layer->input_offset[1],
                                                    at.output, layer->output_offset, layer->multiplier, layer->shift, layer->min,
                                                    layer->max, values) == ARM_CMSIS_NN_SUCCESS);
    }
}
