/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_s8.h"
#include "qmcu_requant.h"

static int32_t scale_input(const qmcu_add_s8_layer *layer, int32_t which, int8_t value)
{
    const int32_t raised = (value - layer->input_zero_point[which]) * (1 << layer->left_shift);
    return qmcu_scale_twice_rounded(raised, layer->input_multiplier[which], layer->input_shift[which]);
}

static int8_t add(const qmcu_add_s8_layer *layer, int8_t a, int8_t b)
{
    const int32_t sum = scale_input(layer, 0, a) + scale_input(layer, 1, b);
    const int32_t scaled = qmcu_scale_twice_rounded(sum, layer->output_multiplier, layer->output_shift);
    return (int8_t)qmcu_clamp(scaled + layer->output_zero_point, layer->min, layer->max);
}

void qmcu_add_s8(const qmcu_add_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        for (int32_t i = 0; i < values; i++) {
            output[i] = add(layer, a[i], b[i]);
        }
    }
}
