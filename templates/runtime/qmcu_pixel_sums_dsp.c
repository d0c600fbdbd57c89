/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dsp.h"
#include "qmcu_pixel_sums.h"

/* Channels in a word, and pixels whose bytes add up within 16 bits whatever they are. */
enum { GROUP = 4, MAX_PIXELS = 255 };

static void add_halves(int32_t *low, int32_t *high, uint32_t halves)
{
    *low += (int16_t)(halves & 0xFFFFu);
    *high += (int16_t)(halves >> 16);
}

/* At most MAX_PIXELS pixels. */
static void add_group(const int8_t *x, int32_t step, int32_t pixels, int32_t *sums)
{
    uint32_t sums_0_2 = 0, sums_1_3 = 0;
    for (; pixels > 0; pixels--, x += step) {
        const uint32_t word = qmcu_load_word(x);
        sums_0_2 = qmcu_add_bytes_0_2(sums_0_2, word);
        sums_1_3 = qmcu_add_bytes_1_3(sums_1_3, word);
    }
    add_halves(&sums[0], &sums[2], sums_0_2);
    add_halves(&sums[1], &sums[3], sums_1_3);
}

/* The same for the channels of two words. */
static void add_two_groups(const int8_t *x, int32_t step, int32_t pixels, int32_t *sums)
{
    uint32_t sums_0_2 = 0, sums_1_3 = 0, sums_4_6 = 0, sums_5_7 = 0;
    for (; pixels > 0; pixels--, x += step) {
        const uint32_t word = qmcu_load_word(x), next = qmcu_load_word(x + GROUP);
        sums_0_2 = qmcu_add_bytes_0_2(sums_0_2, word);
        sums_1_3 = qmcu_add_bytes_1_3(sums_1_3, word);
        sums_4_6 = qmcu_add_bytes_0_2(sums_4_6, next);
        sums_5_7 = qmcu_add_bytes_1_3(sums_5_7, next);
    }
    add_halves(&sums[0], &sums[2], sums_0_2);
    add_halves(&sums[1], &sums[3], sums_1_3);
    add_halves(&sums[4], &sums[6], sums_4_6);
    add_halves(&sums[5], &sums[7], sums_5_7);
}

void qmcu_pixel_sums_dsp(const int8_t *x, int32_t step, int32_t pixels, int32_t channels, int32_t *sums)
{
    while (pixels > 0) {
        const int32_t part = pixels < MAX_PIXELS ? pixels : MAX_PIXELS;
        int32_t i = 0;
        if (channels == 2 * GROUP) {
            add_two_groups(x, step, part, sums);
            i = 2 * GROUP;
        } else if (channels >= GROUP) {
            add_group(x, step, part, sums);
            i = GROUP;
        }
        if (i < channels) {
            qmcu_pixel_sums_s8(x + i, step, part, channels - i, sums + i);
        }
        x += part * step;
        pixels -= part;
    }
}
