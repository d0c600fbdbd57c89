/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_s8_dsp.h"

void qmcu_mean_s8_dsp(const qmcu_mean_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_mean(layer, arena, rect, qmcu_pixel_sums_dsp);
}
