/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pointwise_s8_mve.h"

void qmcu_pointwise_s8_mve(const qmcu_pointwise_s8_mve_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const int32_t stride_h = layer->window.stride_h, stride_w = layer->window.stride_w;
    qmcu_multiply_queue queue;
    qmcu_multiply_begin(&queue, &layer->multiply, layer->output.channels);
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *input = qmcu_pixel(&layer->input, arena, y * stride_h, rect->x0 * stride_w, rect->in_x[0]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_multiply_add(&queue, input, output);
            input += stride_w * layer->input.channels;
            output += layer->output.channels;
        }
    }
    qmcu_multiply_flush(&queue);
}
