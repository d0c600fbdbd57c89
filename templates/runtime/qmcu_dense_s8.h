/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_S8_H
#define QMCU_DENSE_S8_H

#include "qmcu_map.h"
#include "qmcu_requant.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Fully connected layer over the whole input, which is read in the order of its rows. The bias is that of qmcu_conv_s8. */
typedef struct {
    qmcu_map input;
    qmcu_map output;           /* one pixel */
    int16_t weight_zero_point; /* 0 unless the model was imported from unsigned weights */
    const int8_t *weights;     /* [output channels][input height][input width][input channels] */
    const int32_t *bias;       /* one an output channel */
    qmcu_requant requant;
} qmcu_dense_s8_layer;

/* The rectangle is the one output pixel; the input is stored whole. */
void qmcu_dense_s8(const qmcu_dense_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

/* Only the output channels first ... first + channels - 1, whose weights stand at w. */
void qmcu_dense_s8_channels(const qmcu_dense_s8_layer *layer, const qmcu_arena *arena,
                            const qmcu_rect *rect, int32_t first,
                            int32_t channels, const int8_t *w);

#ifdef __cplusplus
}
#endif

#endif
