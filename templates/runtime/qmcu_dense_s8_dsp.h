/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_S8_DSP_H
#define QMCU_DENSE_S8_DSP_H

#include "qmcu_map.h"
#include "qmcu_requant.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Fully connected layer on cores with the DSP extension. The weights are laid out for each block of four output channels,
 * for each four values: four bytes of each channel, zero points where channels or values end. The bias is that of
 * qmcu_conv_s8.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;           /* one pixel */
    int16_t weight_zero_point; /* 0 unless the model was imported from unsigned weights */
    const int8_t *weights;
    const int32_t *bias; /* one an output channel */
    qmcu_requant requant;
    uint32_t scratch; /* offset in the arena: two bytes an input value, of these a multiple of four */
} qmcu_dense_s8_dsp_layer;

/* The rectangle is the one output pixel; the input is stored whole. */
void qmcu_dense_s8_dsp(const qmcu_dense_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
