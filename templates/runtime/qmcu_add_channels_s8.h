/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_CHANNELS_S8_H
#define QMCU_ADD_CHANNELS_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_add_single_s8 for maps that have a scale and a zero point for each channel. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    const int16_t *multiplier[2]; /* one a channel */
    const int32_t *offset;        /* one a channel */
    int16_t shift;
    int16_t min;
    int16_t max;
} qmcu_add_channels_s8_layer;

void qmcu_add_channels_s8(const qmcu_add_channels_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
