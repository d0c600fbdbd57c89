/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MEAN_S8_H
#define QMCU_MEAN_S8_H

#include "qmcu_mean.h"

#ifdef __cplusplus
extern "C" {
#endif

void qmcu_mean_s8(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
