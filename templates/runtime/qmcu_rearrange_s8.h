/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_REARRANGE_S8_H
#define QMCU_REARRANGE_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Copies values from other places: output (y, x, c) is the input at rows[y] + columns[x] + channels[c], three numbers (row,
 * column, channel) each.
 */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    const int16_t *rows;
    const int16_t *columns;
    const int16_t *channels; /* NULL: channel c is channel c of where row and column lead */
} qmcu_rearrange_s8_layer;

void qmcu_rearrange_s8(const qmcu_rearrange_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
