/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONCAT_S8_H
#define QMCU_CONCAT_S8_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* One input of a concatenation. */
typedef struct {
    qmcu_map map;
    uint16_t y, x, channel; /* where it begins in the output */
    const int8_t *table;    /* requantizes it, by q - lowest; NULL where it is the same already */
    int16_t lowest;         /* -128, or 0 where it has fewer than 8 bits */
    uint16_t table_pitch;   /* from the entries of one channel to those of the next; 0 where they share them */
} qmcu_concat_s8_part;

/* Maps one after the other along an axis. */
typedef struct {
    qmcu_map output;
    uint16_t parts;
    const qmcu_concat_s8_part *part;
} qmcu_concat_s8_layer;

void qmcu_concat_s8(const qmcu_concat_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
