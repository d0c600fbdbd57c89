/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANE_INPUT_DSP_H
#define QMCU_PLANE_INPUT_DSP_H

#include "qmcu_map.h"
#include "qmcu_planes_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* The part of a map that the planes of a tile hold. */
typedef struct {
    qmcu_plane_row row;    /* but for the zero points */
    const int8_t *pixels;  /* channel 0 of the first pixel */
    const int8_t *wrapped; /* the same in the first slot of the ring */
    uint32_t *words;       /* where the first pixel goes */
    uint32_t rows, rows_to_wrap, ring_rows;
    qmcu_unpack_rows *const *unpack; /* where the zero points differ, or do not */
} qmcu_plane_input;

/* Writes zeros beside the pixels of `rows` rows of planes: `before` words of each before them, the others behind them. */
void qmcu_pad_plane_rows(uint32_t *planes, const qmcu_plane_row *row, uint32_t before, uint32_t rows);

/* Finds `rows` rows of a map from row y on, from `column` on of those that are stored. */
void qmcu_find_plane_rows(qmcu_plane_input *input, const qmcu_plane_source *source, const qmcu_map *map,
                          const qmcu_arena *arena, int32_t y, int32_t column, uint32_t rows);

/* Lays out the four channels from `channel` on. */
void qmcu_unpack_planes(qmcu_plane_input *input, const int8_t *zero_points, uint32_t channel);

#ifdef __cplusplus
}
#endif

#endif
