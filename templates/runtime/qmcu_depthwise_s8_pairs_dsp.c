/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_run_dsp.h"
#include "qmcu_depthwise_s8_pairs_dsp.h"

void qmcu_depthwise_s8_pairs_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                 const qmcu_rect *rect)
{
    qmcu_depthwise_run_to_pairs(layer, arena, rect, &qmcu_planes_any_to_pairs);
}
