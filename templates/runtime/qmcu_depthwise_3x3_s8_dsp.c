/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_run_dsp.h"

void qmcu_depthwise_3x3_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_depthwise_run(layer, arena, rect, &qmcu_planes_3x3);
}
