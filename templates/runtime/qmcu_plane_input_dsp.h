/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANE_INPUT_DSP_H
#define QMCU_PLANE_INPUT_DSP_H

#include "qmcu_map.h"
#include "qmcu_planes_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows of a map that follow each other in its ring. */
typedef struct {
    const int8_t *pixels; /* of channel 0 */
    uint32_t *words;      /* where they go */
    uint32_t rows;
} qmcu_adjoining_rows;

/* The part of a map that the planes of a tile hold. */
typedef struct {
    qmcu_plane_row row; /* but for the zero points */
    uint32_t *words;    /* where the first pixel goes */
    int32_t y, column;  /* the first pixel, counted from where rows are stored from */
    qmcu_adjoining_rows parts[2];
    uint32_t part_count;
    qmcu_unpack_rows *const *unpack; /* where the zero points differ, or do not */
} qmcu_plane_input;

/* Writes zeros beside the pixels of `rows` rows of planes: `before` words of each before them, the others behind them. */
void qmcu_pad_plane_rows(uint32_t *planes, const qmcu_plane_row *row, uint32_t before, uint32_t rows);

/* Finds the parts of `rows` rows: in the ring they begin anew once at most. */
void qmcu_find_plane_rows(qmcu_plane_input *input, const qmcu_plane_source *source, const qmcu_map *map,
                          const qmcu_arena *arena, int32_t rows);

/* Lays out the four channels from `channel` on. */
void qmcu_unpack_planes(qmcu_plane_input *input, const int8_t *zero_points, uint32_t channel);

#ifdef __cplusplus
}
#endif

#endif
