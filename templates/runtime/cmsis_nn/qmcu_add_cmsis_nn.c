/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_cmsis_nn.h"

#include "qmcu_cmsis_nn_stretch.h"

void qmcu_add_cmsis_nn(const qmcu_add_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const qmcu_cmsis_nn_stretch stretch = qmcu_cmsis_nn_stretch_of(layer->input, 2, &layer->output, rect);
    const int32_t values = stretch.pixels * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y += stretch.rows) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        qmcu_cmsis_nn_expect(
            arm_elementwise_add_s8(a, b, -layer->input_zero_point[0], layer->input_multiplier[0],
                                   layer->input_shift[0], -layer->input_zero_point[1], layer->input_multiplier[1],
                                   layer->input_shift[1], layer->left_shift, output, layer->output_zero_point,
                                   layer->output_multiplier, layer->output_shift, layer->min, layer->max,
                                   values) == ARM_CMSIS_NN_SUCCESS);
    }
}
