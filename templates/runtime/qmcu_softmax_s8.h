/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_SOFTMAX_S8_H
#define QMCU_SOFTMAX_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Softmax along the channels of each pixel in integers, as TensorFlow Lite computes it; the output has scale 1/256 and zero
 * point -128. The output may coincide with the input.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    const int32_t *exponential; /* of (q - largest q) by their distance 0 ... 255, in Q0.31 */
} qmcu_softmax_s8_layer;

void qmcu_softmax_s8(const qmcu_softmax_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
