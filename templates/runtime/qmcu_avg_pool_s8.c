/* SPDX-License-Identifier: 0BSD */
#include "qmcu_avg_pool_s8.h"

void qmcu_avg_pool_s8(const qmcu_avg_pool_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    qmcu_avg_pool(layer, arena, rect, qmcu_pixel_sums_s8);
}
