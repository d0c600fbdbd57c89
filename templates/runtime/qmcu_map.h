/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MAP_H
#define QMCU_MAP_H

#include <stdbool.h>

#include "qmcu_arena.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A feature map in the arena, row by row, channels innermost. Row y lives in slot y % ring_rows. */
typedef struct {
    uint32_t offset;    /* of slot 0 from the start of the arena, in bytes */
    uint32_t row_bytes; /* from one slot to the next */
    uint16_t ring_rows; /* slots; equal to height where the whole map is kept */
    uint16_t height;
    uint16_t width;
    uint16_t channels;
} qmcu_map;

/* What one kernel call computes: rows y0 … y1-1, columns x0 … x1-1 of the layer's output. */
typedef struct {
    int32_t y0, y1;
    int32_t x0, x1;
    int32_t in_x[2]; /* column at which the stored rows of the first input begin, and of all others */
    int32_t out_x;   /* the same of the output */
} qmcu_rect;

/* The first stored byte of row y. (A map kept whole is spared the division, which a Cortex-M0 has to call.) */
static inline uint8_t *qmcu_row(const qmcu_map *map, const qmcu_arena *arena, int32_t y)
{
    uint32_t slot = (uint32_t)y;
    if (slot >= map->ring_rows) {
        slot %= map->ring_rows;
    }
    return qmcu_at(arena, map->offset) + slot * map->row_bytes;
}

/* The pixel (y, x) of an 8-bit map whose stored rows begin at column first_x. */
static inline int8_t *qmcu_pixel(const qmcu_map *map, const qmcu_arena *arena, int32_t y, int32_t x, int32_t first_x)
{
    return (int8_t *)qmcu_row(map, arena, y) + (x - first_x) * map->channels;
}

/* Whether rows y0 ... y1-1 lie in slots that follow each other. */
static inline bool qmcu_slots_adjoin(const qmcu_map *map, int32_t y0, int32_t y1)
{
    return (uint32_t)y0 % map->ring_rows + (uint32_t)(y1 - y0) <= map->ring_rows;
}

/* Whether rows y0 ... y1-1 of `columns` pixels each follow each other without a gap. */
static inline bool qmcu_rows_adjoin(const qmcu_map *map, int32_t y0, int32_t y1, uint32_t columns)
{
    return map->row_bytes == columns * map->channels && qmcu_slots_adjoin(map, y0, y1);
}

#ifdef __cplusplus
}
#endif

#endif
