/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_A4_DSP_H
#define QMCU_DEPTHWISE_A4_DSP_H

#include "qmcu_depthwise_s8_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A depthwise convolution from a map of 8 or 4 bits to one of 8 or 4 bits. */
typedef struct {
    qmcu_map output;
    qmcu_depthwise_s8_dsp_layer sums; /* without output zero points where each channel has its own, and without limits */
    uint8_t input_bits, output_bits;
    int8_t min, max;           /* of the values stored */
    const int8_t *zero_points; /* added to outputs, one a channel; NULL where that is done */
    uint32_t block;            /* offset in the arena: a tile's outputs of four channels, a byte each */
} qmcu_depthwise_a4_dsp_layer;

typedef qmcu_depthwise_a4_dsp_layer qmcu_depthwise_3x3_a4_dsp_layer;
typedef qmcu_depthwise_a4_dsp_layer qmcu_depthwise_5x5_a4_dsp_layer;
typedef qmcu_depthwise_a4_dsp_layer qmcu_depthwise_7x7_a4_dsp_layer;

/* Of a kernel of any extent, and of those that have assembly of their own. */
void qmcu_depthwise_a4_dsp(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);
void qmcu_depthwise_3x3_a4_dsp(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);
void qmcu_depthwise_5x5_a4_dsp(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);
void qmcu_depthwise_7x7_a4_dsp(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena,
                               const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
