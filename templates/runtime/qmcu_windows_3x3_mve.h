/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_WINDOWS_3X3_MVE_H
#define QMCU_WINDOWS_3X3_MVE_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Outputs of a depthwise 3x3 convolution from planes (qmcu_depthwise_3x3_s8_mve.h): of several channels one row, at stride 1
 * or two. The assembly knows the order of these fields.
 */
typedef struct {
    const int8_t *plane; /* of the first channel, where the windows of the first column begin */
    int8_t *output;
    int32_t plane_bytes;
    int32_t steps;     /* of several columns: 4 at stride 1, 8 at stride 2 */
    int32_t rest;      /* outputs left in the columns behind them */
    int32_t channels;  /* at least one */
    int32_t only_row;  /* 1 where there is no second row: the first is computed, and stored, as both; else 0 */
    const int8_t *weights;
    const int32_t *constants;
    int32_t zero_point;
    int32_t step_bytes;      /* of the output */
    uint16_t places[8];      /* of the outputs of a step */
    uint32_t rest_places[4]; /* of four outputs of the rest: half a step */
} qmcu_windows_3x3;

typedef void qmcu_compute_windows(qmcu_windows_3x3 *at);

/* Rounded once, twice, and twice where negative values are cut off, so that it does not matter how these are rounded. */
qmcu_compute_windows qmcu_windows_1_once, qmcu_windows_1_twice, qmcu_windows_1_twice_cut_off;
/* The same at stride 2. */
qmcu_compute_windows qmcu_windows_2_once, qmcu_windows_2_twice, qmcu_windows_2_twice_cut_off;

#ifdef __cplusplus
}
#endif

#endif
