/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pixel_sums.h"

#include "qmcu_mve.h"

#if QMCU_MVE

/* Pixels whose bytes add up within 16 bits whatever they are. */
enum { MAX_PIXELS = 255 };

/* At most MAX_PIXELS pixels of the channels that are `present`. */
static int16x8_t add_pixels(const int8_t *x, int32_t step, int32_t pixels, mve_pred16_t present)
{
    int16x8_t sum = vdupq_n_s16(0);
    for (; pixels > 0; pixels--, x += step) {
        sum = vaddq_s16(sum, vldrbq_z_s16(x, present));
    }
    return sum;
}

void qmcu_pixel_sums_mve(const int8_t *x, int32_t step, int32_t pixels, int32_t channels, int32_t *sums)
{
    const mve_pred16_t present = vctp16q((uint32_t)channels);
    while (pixels > 0) {
        const int32_t part = pixels < MAX_PIXELS ? pixels : MAX_PIXELS;
        int16_t added[QMCU_SUM_CHANNELS];
        vstrhq_s16(added, add_pixels(x, step, part, present));
        for (int32_t i = 0; i < channels; i += 4) {
            const mve_pred16_t own = vctp32q((uint32_t)(channels - i));
            vstrwq_p_s32(sums + i, vaddq_s32(vldrwq_z_s32(sums + i, own), vldrhq_s32(added + i)), own);
        }
        x += part * step;
        pixels -= part;
    }
}

#else

void qmcu_pixel_sums_mve(const int8_t *x, int32_t step, int32_t pixels, int32_t channels, int32_t *sums)
{
    for (int32_t i = 0; i < channels; i++) {
        const int8_t *own = x + i;
        for (int32_t left = pixels; left > 0; left--, own += step) {
            sums[i] += *own;
        }
    }
}

#endif
