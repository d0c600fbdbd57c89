/* SPDX-License-Identifier: 0BSD */
#include "qmcu_unpack_rows_dsp.h"

/* Rows of 4 bits: a byte holds two pixels of a channel, the first in its high half. */

#if QMCU_DSP_ASSEMBLY

#define HIGH_HALVES(to, from)                                                                                          \
    "lsr " to ", " from ", #4\n"                                                                                       \
    "and " to ", " to ", #0x0F0F0F0F\n"
#define LOW_HALVES(of) "and " of ", " of ", #0x0F0F0F0F\n"

/* Pairs of pixels that share their bytes. */
#define LOAD_FIRST                                                                                                     \
    "ldr r5, [r1]\n"                                                                                                   \
    "add r1, r2\n" LOW_HALVES("r5")
#define LOAD_PAIR(left, right)                                                                                         \
    "ldr " right ", [r1]\n"                                                                                            \
    "add r1, r2\n" HIGH_HALVES(left, right) LOW_HALVES(right)
#define LOAD_LAST "ldr r4, [r1]\n" HIGH_HALVES("r4", "r4")

/* Pairs of the second pixel of a byte and the first one of the next. */
#define LOAD_FIRST_BETWEEN "ldr r5, [r1]\n" HIGH_HALVES("r5", "r5")
#define LOAD_PAIR_BETWEEN(left, right)                                                                                 \
    "ldr " left ", [r1]\n"                                                                                             \
    "add r1, r2\n"                                                                                                     \
    "ldr " right ", [r1]\n" LOW_HALVES(left) HIGH_HALVES(right, right)
#define LOAD_LAST_BETWEEN "ldr r4, [r1]\n" LOW_HALVES("r4")

DEFINE_UNPACK(unpack, UNPACK_WORD, UNPACK_TWO_WORDS, LOAD_FIRST, LOAD_PAIR, LOAD_LAST)
DEFINE_UNPACK(unpack_alike, UNPACK_WORD_ALIKE, UNPACK_TWO_WORDS_ALIKE, LOAD_FIRST, LOAD_PAIR, LOAD_LAST)
DEFINE_UNPACK(unpack_between, UNPACK_WORD, UNPACK_TWO_WORDS, LOAD_FIRST_BETWEEN, LOAD_PAIR_BETWEEN, LOAD_LAST_BETWEEN)
DEFINE_UNPACK(unpack_between_alike, UNPACK_WORD_ALIKE, UNPACK_TWO_WORDS_ALIKE, LOAD_FIRST_BETWEEN, LOAD_PAIR_BETWEEN, LOAD_LAST_BETWEEN)

#else

/* Four channels of pixel `index` from a byte column on. */
static uint32_t pixel_of(const int8_t *pixels, const qmcu_plane_row *row, uint32_t index)
{
    const uint32_t bytes = qmcu_load_word(pixels + index / 2u * row->pixel_bytes);
    return bytes >> (index % 2u == 0u ? 4u : 0u) & 0x0F0F0F0Fu;
}

/* From pixel `first`, 0 or 1, of the column at `pixels` on. */
static void unpack_from(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows, uint32_t first)
{
    for (; rows > 0u; rows--, words += row->plane_bytes, pixels += row->row_bytes) {
        uint32_t index = first;
        uint32_t *word = words;
        if (row->is_mixed_before) {
            word = qmcu_unpack_word(word, row, row->zero_points, pixel_of(pixels, row, index++));
        }
        for (uint32_t i = 0; i < row->pairs; i++, index += 2u) {
            word = qmcu_unpack_word(word, row, pixel_of(pixels, row, index), pixel_of(pixels, row, index + 1u));
        }
        if (row->is_mixed_after) {
            word = qmcu_unpack_word(word, row, pixel_of(pixels, row, index), row->zero_points);
        }
    }
}

static void unpack(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows)
{
    unpack_from(words, pixels, row, rows, row->is_mixed_before ? 1 : 0);
}

static void unpack_between(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows)
{
    unpack_from(words, pixels, row, rows, row->is_mixed_before ? 0 : 1);
}

#define unpack_alike unpack
#define unpack_between_alike unpack_between

#endif

const qmcu_plane_source qmcu_planes_of_4_bits = {4, {{unpack, unpack_alike}, {unpack_between, unpack_between_alike}}};
