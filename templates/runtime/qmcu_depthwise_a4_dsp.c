/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_run_a4_dsp.h"

void qmcu_depthwise_a4_dsp(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_depthwise_run_a4(layer, arena, rect, &qmcu_planes_any);
}
