/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ARGMAX_S8_H
#define QMCU_ARGMAX_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * The index of the largest channel of each pixel, or of the smallest, the first of equals (ARG_MAX and ARG_MIN of TensorFlow
 * Lite). The output has one channel.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    int8_t sign;        /* 1: the largest; -1: the smallest */
    int8_t first_index; /* what index 0 is stored as */
} qmcu_argmax_s8_layer;

void qmcu_argmax_s8(const qmcu_argmax_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
