/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_S8_DSP_H
#define QMCU_CONV_S8_DSP_H

#include "qmcu_map.h"
#include "qmcu_tile_s8_dsp.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A convolution of any extent, stride, dilation and padding, in one group. The pairs of values are those of the kernel's
 * rows one after the other, and with dilation those of its taps.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_tile_s8_dsp tile;
    const int8_t *pad_pixel; /* one value an input channel; NULL without padding */
    uint32_t scratch;        /* offset in the arena: of the tiles, then of the windows of two pixels at the border */
} qmcu_conv_s8_dsp_layer;

void qmcu_conv_s8_dsp(const qmcu_conv_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
