/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PAD_CMSIS_NN_H
#define QMCU_PAD_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A border of one stored value around a map by arm_pad_s8. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    int32_t pad_top;
    int32_t pad_bottom;
    int32_t pad_left;
    int32_t pad_right;
    int32_t value;
} qmcu_pad_cmsis_nn_layer;

void qmcu_pad_cmsis_nn(const qmcu_pad_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
