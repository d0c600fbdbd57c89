/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_TRANSPOSE_CMSIS_NN_H
#define QMCU_TRANSPOSE_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The axes of a map in another order by arm_transpose_s8: axis i of the output is axis order[i] of the input, the batch first. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    uint32_t order[4];
} qmcu_transpose_cmsis_nn_layer;

void qmcu_transpose_cmsis_nn(const qmcu_transpose_cmsis_nn_layer *layer, const qmcu_arena *arena,
                             const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
