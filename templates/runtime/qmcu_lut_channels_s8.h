/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_LUT_CHANNELS_S8_H
#define QMCU_LUT_CHANNELS_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* y = table[channel * table_pitch + x - lowest] for each value by itself. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    const int8_t *table;
    int16_t lowest;       /* value of the input: -128, or 0 where it has fewer than 8 bits */
    uint16_t table_pitch; /* from the entries of one channel to those of the next; 0 where they share them */
} qmcu_lut_channels_s8_layer;

void qmcu_lut_channels_s8(const qmcu_lut_channels_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
