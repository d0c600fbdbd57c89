/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_s8_dsp.h"

void qmcu_avg_pool_s8_dsp(const qmcu_avg_pool_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_avg_pool(layer, arena, rect, qmcu_pixel_sums_dsp);
}
