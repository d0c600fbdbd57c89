/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MAX_POOL_CMSIS_NN_H
#define QMCU_MAX_POOL_CMSIS_NN_H

#include "qmcu_cmsis_nn_part.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Maxima by arm_max_pool_s8, which takes no scratch. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    int32_t min;
    int32_t max;
    qmcu_cmsis_nn_scratch scratch;
    qmcu_cmsis_nn_cut cut;
} qmcu_max_pool_cmsis_nn_layer;

void qmcu_max_pool_cmsis_nn(const qmcu_max_pool_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
