/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_s8.h"

void qmcu_mean_s8(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_mean(layer, arena, rect, qmcu_pixel_sums_s8);
}
