/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_WINDOWS_A4_DSP_H
#define QMCU_WINDOWS_A4_DSP_H

#include "qmcu_map.h"
#include "qmcu_sum_a4_dsp.h"
#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Windows over a map of 4 or 2 bits, laid out as activations for qmcu_sum_a4_dsp.h. */
typedef struct {
    const qmcu_map *input;
    const qmcu_window *window;
    const int8_t *pad_pixel; /* one value a channel; NULL without padding */
    const qmcu_arena *arena;
    int32_t in_x; /* column at which the input's stored rows begin */
    int32_t bits;
    int are_pairs; /* whether the window is a pixel, and pairs of the output that share bytes lie over pairs of 4 bits that do */
} qmcu_windows_a4;

/* Where a pair of the output stands: its row and, whether wanted or not, its first column. */
typedef struct {
    int32_t y, x;
} qmcu_place;

/*
 * The windows of `count` pairs, those of two pairs tap by tap; for a pixel that is not wanted another one's, and for an odd
 * last pair itself again.
 */
void qmcu_lay_out_windows_a4(const qmcu_windows_a4 *windows, const qmcu_pair_a4 *pairs, const qmcu_place *places,
                             uint32_t count, uint32_t *words);

#ifdef __cplusplus
}
#endif

#endif
