/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CMSIS_NN_PART_H
#define QMCU_CMSIS_NN_PART_H

#include <stdbool.h>

#include "../qmcu_window.h"
#include "qmcu_cmsis_nn.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * How the rectangle of a layer that slides a window is cut into calls. What a call reads or writes has to lie row after row, with
 * nothing in between: where the arena has it otherwise (in a ring that begins anew, in rows that are longer) it is brought together.
 */
typedef struct {
    int32_t rows;          /* of the output, at most, that a call computes */
    uint32_t input_stage;  /* offsets from the start of the arena of copies of what a call reads */
    uint32_t output_stage; /* and writes */
} qmcu_cmsis_nn_cut;

/* A part of the rectangle, as the library is told of it: by itself, with the padding that it has at its own top and left. */
typedef struct {
    const qmcu_map *input_map;
    const qmcu_map *output_map;
    const qmcu_window *window;
    const qmcu_cmsis_nn_cut *cut;
    const qmcu_rect *rect;
    const qmcu_arena *arena;
    int32_t y0, y1; /* rows of the output */
    cmsis_nn_dims input_dims;
    cmsis_nn_dims output_dims;
    cmsis_nn_tile padding;
    const int8_t *input;
    int8_t *output;
    bool stages_output;
} qmcu_cmsis_nn_part;

/* Ahead of the first part. */
static inline qmcu_cmsis_nn_part qmcu_cmsis_nn_parts_of(const qmcu_map *input, const qmcu_map *output,
                                                        const qmcu_window *window, const qmcu_cmsis_nn_cut *cut,
                                                        const qmcu_rect *rect, const qmcu_arena *arena)
{
    qmcu_cmsis_nn_part part = {.input_map = input,
                               .output_map = output,
                               .window = window,
                               .cut = cut,
                               .rect = rect,
                               .arena = arena,
                               .y0 = rect->y0,
                               .y1 = rect->y0};
    return part;
}

/* Goes on to the next part and brings together what it reads; false behind the last one. */
bool qmcu_cmsis_nn_next_part(qmcu_cmsis_nn_part *part);

/* Brings what a part wrote to where the output is kept. */
void qmcu_cmsis_nn_keep_part(const qmcu_cmsis_nn_part *part);

/* Whether rows y0 … y1-1 of a map, `columns` pixels of each, lie one right after the other. */
bool qmcu_cmsis_nn_lies_together(const qmcu_map *map, int32_t y0, int32_t y1, int32_t columns);

#ifdef __cplusplus
}
#endif

#endif
