/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_CMSIS_NN_H
#define QMCU_DENSE_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A dense layer by arm_fully_connected_wrapper_s8, weights [output channels][values of the input]. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_cmsis_nn_sum sum;
    int32_t is_per_channel; /* 0: the first multiplier and shift hold for all */
    qmcu_cmsis_nn_scratch scratch;
} qmcu_dense_cmsis_nn_layer;

void qmcu_dense_cmsis_nn(const qmcu_dense_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
