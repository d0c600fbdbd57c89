/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_S8_MVE_H
#define QMCU_ADD_S8_MVE_H

#include "qmcu_add_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_add_s8, for shifts of the inputs of at most 0 and a shift of the output of at most -1. */
typedef qmcu_add_s8_layer qmcu_add_s8_mve_layer;

void qmcu_add_s8_mve(const qmcu_add_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
