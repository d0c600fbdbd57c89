/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_A4_DSP_H
#define QMCU_ADD_A4_DSP_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* As qmcu_add_channels_s8, of maps of 4 bits: both columns that share their bytes (qmcu_packed.h), four channels of each, at once. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    const int16_t *multipliers; /* of both inputs side by side, for each channel */
    const int32_t *offset;      /* one a channel */
    int16_t shift;
    int16_t min;
    int16_t max;
} qmcu_add_a4_dsp_layer;

void qmcu_add_a4_dsp(const qmcu_add_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
