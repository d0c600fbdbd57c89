/* SPDX-License-Identifier: 0BSD */
#include "qmcu_concat_cmsis_nn.h"

void qmcu_concat_cmsis_nn(const qmcu_concat_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    (void)rect;
    for (int32_t i = 0; i < layer->parts; i++) {
        const qmcu_concat_cmsis_nn_part *part = &layer->part[i];
        arm_concatenation_s8_x(qmcu_cmsis_nn_data(&part->map, arena), part->stretch, layer->stretches, 1, 1,
                               qmcu_cmsis_nn_data(&layer->output, arena), layer->stretch, part->offset);
    }
}
