/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_S8_H
#define QMCU_DEPTHWISE_S8_H

#include "qmcu_map.h"
#include "qmcu_requant.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Depthwise convolution: output channel c * multiplier + m is the convolution of input channel c alone. The bias and the pad
 * pixel are those of qmcu_conv_s8.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    uint16_t multiplier;       /* output channels an input channel */
    int16_t weight_zero_point; /* 0 unless the model was imported from unsigned weights */
    const int8_t *weights;     /* [kernel_h][kernel_w][output channels] */
    const int32_t *bias;       /* one an output channel */
    const int8_t *pad_pixel;   /* one an input channel; NULL without padding */
    qmcu_requant requant;
} qmcu_depthwise_s8_layer;

void qmcu_depthwise_s8(const qmcu_depthwise_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

/*
 * Only the output channels first ... first + channels - 1, whose weights stand at `weights`, those of each tap `pitch` values
 * after those of the tap before.
 */
void qmcu_depthwise_s8_channels(const qmcu_depthwise_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                                int32_t first, int32_t channels, const int8_t *weights, int32_t pitch);

#ifdef __cplusplus
}
#endif

#endif
