/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_cmsis_nn.h"

#include "qmcu_cmsis_nn_stretch.h"

void qmcu_add_cmsis_nn(const qmcu_add_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_cmsis_nn_stretch stretch = qmcu_cmsis_nn_stretch_of(layer->input, 2, &layer->output, rect);
    const int32_t values = stretch.pixels * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y += stretch.rows) {
        const qmcu_cmsis_nn_operands at =
            qmcu_cmsis_nn_operands_at(y, layer->input, &layer->output, rect, arena);
        qmcu_cmsis_nn_expect(
            arm_elementwise_add_s8(at.a, at.b, -layer->input_zero_point[0], layer->input_multiplier[0],
                                   layer->input_shift[0], -layer->input_zero_point[1], layer->input_multiplier[1],
                                   layer->input_shift[1], layer->left_shift, at.output, layer->output_zero_point,
                                   layer->output_multiplier, layer->output_shift, layer->min, layer->max,
                                   values) == ARM_CMSIS_NN_SUCCESS);
    }
}
