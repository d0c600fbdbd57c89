/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_CHANNELS_S8_MVE_H
#define QMCU_ADD_CHANNELS_S8_MVE_H

#include "qmcu_add_channels_s8.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_add_channels_s8, four channels at a time. */
typedef qmcu_add_channels_s8_layer qmcu_add_channels_s8_mve_layer;

void qmcu_add_channels_s8_mve(const qmcu_add_channels_s8_mve_layer *layer, const qmcu_arena *arena,
                              const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
