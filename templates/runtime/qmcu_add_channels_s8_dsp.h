/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_CHANNELS_S8_DSP_H
#define QMCU_ADD_CHANNELS_S8_DSP_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* qmcu_add_channels_s8 on cores with the DSP extension. */
typedef struct {
    qmcu_map input[2];
    qmcu_map output;
    const int16_t *multipliers; /* of both inputs, one channel after the other */
    const int32_t *offset;      /* one a channel */
    int16_t shift;
    int16_t min;
    int16_t max;
} qmcu_add_channels_s8_dsp_layer;

void qmcu_add_channels_s8_dsp(const qmcu_add_channels_s8_dsp_layer *layer, const qmcu_arena *arena,
                              const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
