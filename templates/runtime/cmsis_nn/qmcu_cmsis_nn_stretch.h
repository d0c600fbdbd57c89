/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CMSIS_NN_STRETCH_H
#define QMCU_CMSIS_NN_STRETCH_H

#include "qmcu_cmsis_nn_part.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of one rectangle in maps of one shape, computed value by value: all at once where they lie together in every map. */
typedef struct {
    int32_t rows;   /* in one call */
    int32_t pixels; /* of such a call */
} qmcu_cmsis_nn_stretch;

static inline qmcu_cmsis_nn_stretch qmcu_cmsis_nn_stretch_of(const qmcu_map *inputs, int32_t count,
                                                             const qmcu_map *output, const qmcu_rect *rect)
{
    const int32_t columns = rect->x1 - rect->x0;
    bool is_one = qmcu_cmsis_nn_lies_together(output, rect->y0, rect->y1, columns);
    for (int32_t i = 0; i < count; i++) {
        is_one = is_one && qmcu_cmsis_nn_lies_together(&inputs[i], rect->y0, rect->y1, columns);
    }
    const int32_t rows = is_one ? rect->y1 - rect->y0 : 1;
    qmcu_cmsis_nn_stretch stretch = {rows, rows * columns};
    return stretch;
}

/* Where a call of two operands begins. */
typedef struct {
    const int8_t *a, *b;
    int8_t *output;
} qmcu_cmsis_nn_operands;

static inline qmcu_cmsis_nn_operands qmcu_cmsis_nn_operands_at(int32_t y, const qmcu_map inputs[2], const qmcu_map *output,
                                                               const qmcu_rect *rect, const qmcu_arena *arena)
{
    const qmcu_cmsis_nn_operands operands = {
        qmcu_pixel(&inputs[0], arena, y, rect->x0, rect->in_x[0]),
        qmcu_pixel(&inputs[1], arena, y, rect->x0, rect->in_x[1]),
        qmcu_pixel(output, arena, y, rect->x0, rect->out_x),
    };
    return operands;
}

#ifdef __cplusplus
}
#endif

#endif
