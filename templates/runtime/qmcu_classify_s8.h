/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CLASSIFY_S8_H
#define QMCU_CLASSIFY_S8_H

#include <stdbool.h>

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Rows y0 ... y1-1, columns x0 ... x1-1 of a map; so many values out of the ordinary make it an outlier. */
typedef struct {
    uint16_t y0, y1;
    uint16_t x0, x1;
    uint32_t outlier_count;
} qmcu_patch;

/* The map that is scanned; values below low or above high of their channel are out of the ordinary. */
typedef struct {
    qmcu_map map;
    const int8_t *low;
    const int8_t *high;
} qmcu_classifier_s8;

/* Whether a patch is an outlier; no more of it is scanned than it takes to know. */
bool qmcu_classify_s8(const qmcu_classifier_s8 *classifier, const qmcu_arena *arena, const qmcu_patch *patch);

#ifdef __cplusplus
}
#endif

#endif
