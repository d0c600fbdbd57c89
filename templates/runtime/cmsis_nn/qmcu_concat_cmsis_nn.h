/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONCAT_CMSIS_NN_H
#define QMCU_CONCAT_CMSIS_NN_H

#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Maps of one quantization one after the other along any axis by arm_concatenation_s8_x, which copies stretches of bytes. */
typedef struct {
    qmcu_map map;
    uint16_t stretch; /* bytes of the map that lie together in the output */
    uint16_t offset;  /* of the first of them within a stretch of the output */
} qmcu_concat_cmsis_nn_part;

typedef struct {
    qmcu_map output;
    uint16_t stretches;
    uint16_t stretch; /* bytes of the output from one to the next of a part */
    int32_t parts;
    const qmcu_concat_cmsis_nn_part *part;
} qmcu_concat_cmsis_nn_layer;

void qmcu_concat_cmsis_nn(const qmcu_concat_cmsis_nn_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
