/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MEAN_PACKED_H
#define QMCU_MEAN_PACKED_H

#include "qmcu_mean.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * qmcu_mean_s8 on maps of which some are packed (qmcu_packed.h). It reads them value by value: unpacked, its whole input
 * would take more memory than it does stored.
 */
typedef struct {
    qmcu_map output;
    qmcu_mean_s8_layer mean;
    uint8_t input_bits, output_bits;
    const int8_t *zero_points; /* of the output, one a channel; NULL where the requantization has one for all */
    int8_t min, max;           /* of the values stored */
} qmcu_mean_packed_layer;

void qmcu_mean_packed(const qmcu_mean_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
