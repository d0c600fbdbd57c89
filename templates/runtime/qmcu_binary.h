/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BINARY_H
#define QMCU_BINARY_H

#include "qmcu_map.h"
#include "qmcu_requant.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One side of a function of two values. An extent of 1 serves all rows, columns or channels of the other side. */
typedef struct {
    qmcu_map map;
    const int8_t *constant; /* in flash, row by row: of `map` only the extents count; NULL where it lies in the arena */
    int32_t zero_point;
} qmcu_operand;

/* The first channel of the operand that belongs to the output pixel (y, x); stored rows of a map begin at column first_x. */
static inline const int8_t *qmcu_operand_pixel(const qmcu_operand *operand, const qmcu_arena *arena, int32_t y,
                                               int32_t x, int32_t first_x)
{
    const qmcu_map *map = &operand->map;
    const int32_t row = map->height == 1 ? 0 : y;
    const int32_t column = map->width == 1 ? 0 : x;
    if (operand->constant != NULL) {
        return operand->constant + (row * map->width + column) * map->channels;
    }
    return qmcu_pixel(map, arena, row, column, first_x);
}

/* From the value of one output channel to that of the next. */
static inline int32_t qmcu_operand_step(const qmcu_operand *operand)
{
    return operand->map.channels == 1 ? 0 : 1;
}

/* Defines the kernel `name`: every value of the rectangle is what `combine` makes of those of both operands, limited. */
#define QMCU_DEFINE_BINARY(name, combine)                                                                              \
    void name(const name##_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)                               \
    {                                                                                                                  \
        const int32_t step_a = qmcu_operand_step(&layer->operand[0]);                                                  \
        const int32_t step_b = qmcu_operand_step(&layer->operand[1]);                                                  \
        for (int32_t y = rect->y0; y < rect->y1; y++) {                                                                \
            for (int32_t x = rect->x0; x < rect->x1; x++) {                                                            \
                const int8_t *a = qmcu_operand_pixel(&layer->operand[0], arena, y, x, rect->in_x[0]);                  \
                const int8_t *b = qmcu_operand_pixel(&layer->operand[1], arena, y, x, rect->in_x[1]);                  \
                int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x);                                 \
                for (int32_t i = 0; i < layer->output.channels; i++) {                                                 \
                    const int32_t value = combine(layer, a[i * step_a], b[i * step_b]);                                \
                    output[i] = (int8_t)qmcu_clamp(value, layer->min, layer->max);                                     \
                }                                                                                                      \
            }                                                                                                          \
        }                                                                                                              \
    }

#ifdef __cplusplus
}
#endif

#endif
