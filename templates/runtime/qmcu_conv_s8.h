/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_S8_H
#define QMCU_CONV_S8_H

#include "qmcu_map.h"
#include "qmcu_requant.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Convolution over groups of channels: y = requantize(bias + sum of x * (w - weight_zero_point)).
 *
 * The bias contains what the zero points of the input add up to over all taps. So that this holds at the border as well, a
 * tap outside the map reads the pad pixel, which holds these zero points.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    uint16_t groups;
    int16_t weight_zero_point; /* 0 unless the model was imported from unsigned weights */
    const int8_t *weights;     /* [output channels][kernel_h][kernel_w][input channels / groups] */
    const int32_t *bias;       /* one an output channel */
    const int8_t *pad_pixel;   /* one an input channel; NULL without padding */
    qmcu_requant requant;
} qmcu_conv_s8_layer;

void qmcu_conv_s8(const qmcu_conv_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

/* Only the output channels first ... first + channels - 1, all of one group, whose weights stand at `weights`. */
void qmcu_conv_s8_channels(const qmcu_conv_s8_layer *layer, const qmcu_arena *arena,
                           const qmcu_rect *rect, int32_t first,
                           int32_t channels, const int8_t *weights);

/* Weights of one output channel. */
static inline int32_t qmcu_conv_s8_channel_weights(const qmcu_conv_s8_layer *layer)
{
    return layer->window.kernel_h * layer->window.kernel_w * (layer->input.channels / layer->groups);
}

#ifdef __cplusplus
}
#endif

#endif
