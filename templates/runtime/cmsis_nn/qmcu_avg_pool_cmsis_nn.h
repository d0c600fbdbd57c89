/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_AVG_POOL_CMSIS_NN_H
#define QMCU_AVG_POOL_CMSIS_NN_H

#include "qmcu_cmsis_nn_part.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Averages by arm_avgpool_s8. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    int32_t min;
    int32_t max;
    uint8_t folds; /* 1: a call counts its rows by the input, and has all of them */
    qmcu_cmsis_nn_scratch scratch;
    qmcu_cmsis_nn_cut cut;
} qmcu_avg_pool_cmsis_nn_layer;

void qmcu_avg_pool_cmsis_nn(const qmcu_avg_pool_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
