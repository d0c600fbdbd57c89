/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pixel_sums.h"

/* Channels whose sums stay in registers. */
enum { GROUP = 4 };

static void add_group(const int8_t *x, int32_t step, int32_t pixels, int32_t *sums)
{
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (; pixels > 0; pixels--, x += step) {
        a += x[0];
        b += x[1];
        c += x[2];
        d += x[3];
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static void add_channel(const int8_t *x, int32_t step, int32_t pixels, int32_t *sum)
{
    int32_t own = *sum;
    for (; pixels > 0; pixels--, x += step) {
        own += *x;
    }
    *sum = own;
}

void qmcu_pixel_sums_s8(const int8_t *x, int32_t step, int32_t pixels, int32_t channels, int32_t *sums)
{
    int32_t i = 0;
    for (; i + GROUP <= channels; i += GROUP) {
        add_group(x + i, step, pixels, sums + i);
    }
    for (; i < channels; i++) {
        add_channel(x + i, step, pixels, sums + i);
    }
}
