/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_S8_DSP_H
#define QMCU_DEPTHWISE_S8_DSP_H

#include "qmcu_map.h"
#include "qmcu_requant.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Depthwise convolution, one output channel an input channel, on cores with the DSP extension: four channels or more, at
 * most 16 taps a row, column stride 1 or 2, no dilation. Bias, pad pixel and weights are those of qmcu_depthwise_s8. With two
 * roundings every shift is -1 ... -22, and twice an accumulator fits in 32 bits.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    int16_t weight_zero_point; /* 0 unless the model was imported from unsigned weights */
    uint16_t chunk_rows;       /* output rows computed at once */
    const int8_t *weights;     /* [kernel_h][kernel_w][channels] */
    const int32_t *bias;       /* one a channel */
    const int8_t *pad_pixel;   /* one value a channel; NULL without padding */
    qmcu_requant requant;
    uint32_t scratch; /* offset in the arena */
} qmcu_depthwise_s8_dsp_layer;

void qmcu_depthwise_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
