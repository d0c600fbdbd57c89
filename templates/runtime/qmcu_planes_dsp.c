/* SPDX-License-Identifier: 0BSD */
#include "qmcu_unpack_rows_dsp.h"

#if QMCU_DSP_ASSEMBLY

#define LOAD_FIRST                                                                                                     \
    "ldr r5, [r1]\n"                                                                                                   \
    "add r1, r2\n"
#define LOAD_PAIR(left, right)                                                                                         \
    "ldr " left ", [r1]\n"                                                                                             \
    "ldr " right ", [r1, r2]\n"                                                                                        \
    "add r1, r1, r2, lsl #1\n"
#define LOAD_LAST "ldr r4, [r1]\n"

DEFINE_UNPACK(unpack, UNPACK_WORD, UNPACK_TWO_WORDS, LOAD_FIRST, LOAD_PAIR, LOAD_LAST)
DEFINE_UNPACK(unpack_alike, UNPACK_WORD_ALIKE, UNPACK_TWO_WORDS_ALIKE, LOAD_FIRST, LOAD_PAIR, LOAD_LAST)

#else

static void unpack(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows)
{
    for (; rows > 0u; rows--, words += row->plane_bytes, pixels += row->row_bytes) {
        const int8_t *pixel = pixels;
        uint32_t *word = words;
        if (row->is_mixed_before) {
            word = qmcu_unpack_word(word, row, row->zero_points, qmcu_load_word(pixel));
            pixel += row->pixel_bytes;
        }
        for (uint32_t i = 0; i < row->pairs; i++, pixel += 2u * row->pixel_bytes) {
            word = qmcu_unpack_word(word, row, qmcu_load_word(pixel), qmcu_load_word(pixel + row->pixel_bytes));
        }
        if (row->is_mixed_after) {
            word = qmcu_unpack_word(word, row, qmcu_load_word(pixel), row->zero_points);
        }
    }
}

#define unpack_alike unpack

#endif

const qmcu_plane_source qmcu_planes_of_8_bits = {8, {{unpack, unpack_alike}, {unpack, unpack_alike}}};
