/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PIXEL_SUMS_H
#define QMCU_PIXEL_SUMS_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Channels that are added up at once. */
enum { QMCU_SUM_CHANNELS = 8 };

/* Adds x[i], x[step + i] ... of `pixels` pixels to sums[i], for each of at most QMCU_SUM_CHANNELS channels i. */
typedef void qmcu_pixel_sums(const int8_t *x, int32_t step, int32_t pixels, int32_t channels, int32_t *sums);

qmcu_pixel_sums qmcu_pixel_sums_s8;
qmcu_pixel_sums qmcu_pixel_sums_dsp;
qmcu_pixel_sums qmcu_pixel_sums_mve;

#ifdef __cplusplus
}
#endif

#endif
