/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_UNPACK_ROWS_DSP_H
#define QMCU_UNPACK_ROWS_DSP_H

/* The assembly of a qmcu_unpack_rows, whatever pixels are stored as. */

#include "qmcu_planes_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* The row on the stack, above it the pixels and the rows. */
#define UNPACK_AT_PAIRS_AND_MIXED_BEFORE "[sp, #0]"
#define UNPACK_AT_MIXED_AFTER "[sp, #8]"
#define UNPACK_AT_PIXEL_BYTES "[sp, #12]"
#define UNPACK_AT_ROW_AND_PLANE_BYTES "[sp, #16]"
#define UNPACK_AT_PADDING_BYTES "[sp, #24]"
#define UNPACK_AT_ZERO_POINTS "[sp, #28]"
#define UNPACK_AT_MINUS_ZEROS_0_3 "[sp, #32]"
#define UNPACK_AT_MINUS_ZEROS_1_2 "[sp, #40]"
#define UNPACK_AT_MINUS_ZERO_0 "[sp, #32]"
#define UNPACK_AT_MINUS_ZERO_1 "[sp, #40]"
#define UNPACK_AT_MINUS_ZERO_2 "[sp, #44]"
#define UNPACK_AT_MINUS_ZERO_3 "[sp, #36]"
#define UNPACK_AT_PIXELS "[sp, #48]"
#define UNPACK_AT_ROWS "[sp, #52]"

/* Pixels r4 and r5 to a word of the planes at r0, r10, r11, r12. */
#define UNPACK_WORD                                                                                                    \
    "pkhbt r6, r4, r5, lsl #16\n"                                                                                      \
    "pkhtb r7, r5, r4, asr #16\n"                                                                                      \
    "ldrd r4, r5, " UNPACK_AT_MINUS_ZEROS_0_3 "\n"                                                                     \
    "ldrd r8, r9, " UNPACK_AT_MINUS_ZEROS_1_2 "\n"                                                                     \
    "sxtab16 r8, r8, r6, ror #8\n"                                                                                     \
    "sxtab16 r9, r9, r7\n"                                                                                             \
    "sxtab16 r6, r4, r6\n"                                                                                             \
    "sxtab16 r7, r5, r7, ror #8\n" STORE_WORD
/* With lr for all four zero points. */
#define UNPACK_WORD_ALIKE                                                                                              \
    "pkhbt r6, r4, r5, lsl #16\n"                                                                                      \
    "pkhtb r7, r5, r4, asr #16\n"                                                                                      \
    "sxtab16 r8, lr, r6, ror #8\n"                                                                                     \
    "sxtab16 r9, lr, r7\n"                                                                                             \
    "sxtab16 r6, lr, r6\n"                                                                                             \
    "sxtab16 r7, lr, r7, ror #8\n" STORE_WORD
#define STORE_WORD                                                                                                     \
    "str r6, [r0], #4\n"                                                                                               \
    "str r8, [r10], #4\n"                                                                                              \
    "str r9, [r11], #4\n"                                                                                              \
    "str r7, [r12], #4\n"

/* Pairs of pixels (r4, r5) and (r6, r7) to two words of each plane; `load_zero` puts the zero points of a channel into lr. */
#define UNPACK_TWO_WORDS_BY(load_zero)                                                                                 \
    "pkhbt r8, r4, r5, lsl #16\n"                                                                                      \
    "pkhbt r9, r6, r7, lsl #16\n"                                                                                      \
    "pkhtb r4, r5, r4, asr #16\n"                                                                                      \
    "pkhtb r5, r7, r6, asr #16\n" load_zero(UNPACK_AT_MINUS_ZERO_0)                                                    \
    "sxtab16 r6, lr, r8\n"                                                                                             \
    "sxtab16 r7, lr, r9\n"                                                                                             \
    "strd r6, r7, [r0], #8\n" load_zero(UNPACK_AT_MINUS_ZERO_1)                                                        \
    "sxtab16 r6, lr, r8, ror #8\n"                                                                                     \
    "sxtab16 r7, lr, r9, ror #8\n"                                                                                     \
    "strd r6, r7, [r10], #8\n" load_zero(UNPACK_AT_MINUS_ZERO_2)                                                       \
    "sxtab16 r6, lr, r4\n"                                                                                             \
    "sxtab16 r7, lr, r5\n"                                                                                             \
    "strd r6, r7, [r11], #8\n" load_zero(UNPACK_AT_MINUS_ZERO_3)                                                       \
    "sxtab16 r6, lr, r4, ror #8\n"                                                                                     \
    "sxtab16 r7, lr, r5, ror #8\n"                                                                                     \
    "strd r6, r7, [r12], #8\n"
#define LOAD_ZERO(at) "ldr lr, " at "\n"
#define KEEP_ZERO(at)
#define UNPACK_TWO_WORDS UNPACK_TWO_WORDS_BY(LOAD_ZERO)
#define UNPACK_TWO_WORDS_ALIKE UNPACK_TWO_WORDS_BY(KEEP_ZERO)

/*
 * r1: pixels, r2: pixel bytes, r3: pairs. `load_first` puts into r5 the pixel before the pairs, `load_pair` into two registers two
 * of them, and `load_last` into r4 the pixel behind them: four channels a byte each, from r1, which goes on to the next. Pairs are
 * unpacked two by two, after one that is odd.
 */
#define UNPACK_ROWS(unpack_word, unpack_two_words, load_first, load_pair, load_last)                                   \
    "push {r4-r11, lr}\n"                                                                                              \
    "push {r1, r3}\n"                                                                                                  \
    "ldm r2, {r1, r3-r12, lr}\n"                                                                                       \
    "push {r1, r3-r12, lr}\n"                                                                                          \
    "ldr r2, " UNPACK_AT_PIXEL_BYTES "\n"                                                                              \
    "1:\n"                                                                                                             \
    "ldr r1, " UNPACK_AT_PIXELS "\n"                                                                                   \
    "ldrd r3, r10, " UNPACK_AT_ROW_AND_PLANE_BYTES "\n"                                                                \
    "add r3, r1\n"                                                                                                     \
    "str r3, " UNPACK_AT_PIXELS "\n"                                                                                   \
    "add r11, r0, r10, lsl #1\n"                                                                                       \
    "add r12, r10, r11\n"                                                                                              \
    "add r10, r0\n"                                                                                                    \
    "ldrd r3, r9, " UNPACK_AT_PAIRS_AND_MIXED_BEFORE "\n"                                                              \
    "cmp r9, #0\n"                                                                                                     \
    "beq 2f\n"                                                                                                         \
    "ldr r4, " UNPACK_AT_ZERO_POINTS "\n" load_first unpack_word                                                       \
    "2:\n"                                                                                                             \
    "lsrs r3, #1\n"                                                                                                    \
    "bcc 3f\n" load_pair("r4", "r5") unpack_word                                                                       \
    "3:\n"                                                                                                             \
    "beq 6f\n"                                                                                                         \
    "4:\n" load_pair("r4", "r5") load_pair("r6", "r7") unpack_two_words                                                \
    "subs r3, #1\n"                                                                                                    \
    "bne 4b\n"                                                                                                         \
    "6:\n"                                                                                                             \
    "ldr r6, " UNPACK_AT_MIXED_AFTER "\n"                                                                              \
    "cbz r6, 5f\n"                                                                                                     \
    "ldr r5, " UNPACK_AT_ZERO_POINTS "\n" load_last unpack_word                                                        \
    "5:\n"                                                                                                             \
    "ldr r9, " UNPACK_AT_PADDING_BYTES "\n"                                                                            \
    "ldr r3, " UNPACK_AT_ROWS "\n"                                                                                     \
    "add r0, r12, r9\n"                                                                                                \
    "subs r3, #1\n"                                                                                                    \
    "str r3, " UNPACK_AT_ROWS "\n"                                                                                     \
    "bne 1b\n"                                                                                                         \
    "add sp, #56\n"                                                                                                    \
    "pop {r4-r11, pc}\n"

#define DEFINE_UNPACK(name, unpack_word, unpack_two_words, load_first, load_pair, load_last)                           \
    __attribute__((naked)) static void name(uint32_t *words QMCU_IN_REGISTER, const int8_t *pixels QMCU_IN_REGISTER,   \
                                            const qmcu_plane_row *row QMCU_IN_REGISTER, uint32_t rows QMCU_IN_REGISTER) \
    {                                                                                                                  \
        __asm__(UNPACK_ROWS(unpack_word, unpack_two_words, load_first, load_pair, load_last));                         \
    }

#else

/* Two pixels of four channels to a word of each plane. */
static inline uint32_t *qmcu_unpack_word(uint32_t *word, const qmcu_plane_row *row, uint32_t left, uint32_t right)
{
    const uint32_t channels_0_1 = qmcu_low_halves(left, right), channels_2_3 = qmcu_high_halves(left, right);
    const uint32_t pitch = row->plane_bytes / 4u, *zeros = row->minus_zeros;
    word[0] = qmcu_add_halves(qmcu_bytes_0_2(channels_0_1), zeros[0]);
    word[pitch] = qmcu_add_halves(qmcu_bytes_1_3(channels_0_1), zeros[2]);
    word[2u * pitch] = qmcu_add_halves(qmcu_bytes_0_2(channels_2_3), zeros[3]);
    word[3u * pitch] = qmcu_add_halves(qmcu_bytes_1_3(channels_2_3), zeros[1]);
    return word + 1;
}

#endif

#endif
