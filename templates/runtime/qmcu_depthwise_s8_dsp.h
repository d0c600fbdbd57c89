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
 * Depthwise convolution, one output channel an input channel, on cores with the DSP extension: four channels or more, column
 * stride 1 or 2, no dilation. With one rounding its shift is 0, and a stored value is acc * multiplier / 2^32 to the nearest
 * integer; with two every shift is -1 ... -22, and twice an accumulator fits in 32 bits.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    int16_t weight_zero_point;           /* 0 unless the model was imported from unsigned weights */
    uint16_t tile_rows, tile_columns;    /* outputs computed at once */
    const int8_t *weights;               /* [channels][kernel_h][kernel_w], and two bytes more */
    const int32_t *bias;                 /* one a channel, no zero points folded in */
    const int8_t *zero_points;           /* of the input, one a channel */
    qmcu_requant requant;
    uint32_t scratch; /* offset in the arena */
} qmcu_depthwise_s8_dsp_layer;

typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_3x3_s8_dsp_layer;
typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_5x5_s8_dsp_layer;
typedef qmcu_depthwise_s8_dsp_layer qmcu_depthwise_7x7_s8_dsp_layer;

/* Of a kernel of any extent, and of those that have assembly of their own. */
void qmcu_depthwise_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);
void qmcu_depthwise_3x3_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);
void qmcu_depthwise_5x5_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);
void qmcu_depthwise_7x7_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
