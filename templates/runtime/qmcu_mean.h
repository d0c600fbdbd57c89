/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MEAN_H
#define QMCU_MEAN_H

#include "qmcu_fold.h"
#include "qmcu_pixel_sums.h"
#include "qmcu_requant.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Mean over all rows and columns; the division by their number is part of the requantization. */
typedef struct {
    qmcu_map input;
    qmcu_map output;      /* one pixel */
    const int32_t *start; /* one a channel: minus the zero points of all its inputs */
    qmcu_requant requant;
    qmcu_fold fold;
} qmcu_mean_s8_layer;

/* The rectangle is rows of the input, with the last of which the output is complete. Sums are added up by `add`. */
void qmcu_mean(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect, qmcu_pixel_sums *add);

#ifdef __cplusplus
}
#endif

#endif
