/* SPDX-License-Identifier: 0BSD */
#include "qmcu_planes_dsp.h"

static int8_t requantize(const qmcu_plane_channel *channel, uint32_t accumulator, int rounds_twice)
{
    const int32_t sum = (int32_t)accumulator;
    const int32_t rounding = channel->rounding - (rounds_twice && sum < 0);
    return qmcu_saturate(qmcu_multiply_high_rounded(rounding, sum, channel->multiplier) >> channel->shift);
}

/* Adds half_words products of pairs. */
static inline uint32_t add_pairs(uint32_t sum, const uint32_t *words, const uint32_t *taps, uint32_t half_words)
{
    for (uint32_t j = 0; j < half_words; j++) {
        sum = qmcu_multiply_halves(sum, words[j], taps[j]);
    }
    return sum;
}

/* One output, whose first tap is the low half of words[0], or with is_between its high half. */
static uint32_t sum_window(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *words,
                           int is_between)
{
    const uint32_t half_words = tile->half_words, row_words = tile->plane_row_bytes / 4u;
    const uint32_t *taps = channel->taps;
    uint32_t sum = channel->bias;
    for (uint32_t i = 0; i < tile->kernel_h; i++, words += row_words) {
        if (tile->stride_w == 2u) {
            sum = add_pairs(sum, words, taps, half_words + 1u);
            taps += half_words + 1u;
        } else if (is_between) {
            sum = qmcu_multiply_halves(sum, words[0] >> 16, taps[0] & 0xFFFFu);
            sum = add_pairs(sum, words + 1, taps + half_words, half_words);
            taps += 2u * half_words;
        } else {
            sum = add_pairs(sum, words, taps, half_words);
            sum = qmcu_multiply_halves(sum, words[half_words] & 0xFFFFu, taps[2u * half_words - 1u] >> 16);
            taps += 2u * half_words;
        }
    }
    return sum;
}

void qmcu_compute_plane_any(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                            int8_t *output)
{
    const int rounds_twice = tile->is_twice_rounded && !tile->cuts_off;
    for (uint32_t y = 0; y < tile->rows; y++) {
        for (uint32_t x = 0; x < tile->columns; x++) {
            const uint32_t column = x * tile->stride_w;
            const uint32_t sum = sum_window(tile, channel, plane + column / 2u, (int)(column % 2u));
            output[x * tile->pixel_bytes] = requantize(channel, sum, rounds_twice);
        }
        plane += tile->stride_h * tile->plane_row_bytes / 4u;
        output += tile->output_row_bytes;
    }
}

#if QMCU_DSP_ASSEMBLY

/* Pixels r4 and r5 to a word of the planes at r0, r10, r11, r12. */
#define UNPACK_WORD                                                                                                    \
    "pkhbt r6, r4, r5, lsl #16\n"                                                                                      \
    "pkhtb r7, r5, r4, asr #16\n"                                                                                      \
    "sxtb16 r8, r6, ror #8\n"                                                                                          \
    "sxtb16 r9, r7\n"                                                                                                  \
    "str r8, [r10], #4\n"                                                                                              \
    "sxtb16 r6, r6\n"                                                                                                  \
    "str r9, [r11], #4\n"                                                                                              \
    "sxtb16 r7, r7, ror #8\n"                                                                                          \
    "str r6, [r0], #4\n"                                                                                               \
    "str r7, [r12], #4\n"

/* The row on the stack, above it the pixels and the rows. */
#define BEFORE "[sp, #0]"
#define PAIRS "[sp, #8]"
#define MIXED_AFTER "[sp, #12]"
#define AFTER "[sp, #16]"
#define PIXEL_BYTES "[sp, #20]"
#define ROW_BYTES "[sp, #24]"
#define PLANE_BYTES "[sp, #28]"
#define PAD "[sp, #32]"
#define PIXELS "[sp, #36]"
#define ROWS "[sp, #40]"

/* r1: pixels, r2: pixel bytes, r3: count, lr: padding. */
__attribute__((naked)) uint32_t *qmcu_unpack_planes(uint32_t *words QMCU_IN_REGISTER,
                                                    const int8_t *pixels QMCU_IN_REGISTER,
                                                    const qmcu_plane_row *row QMCU_IN_REGISTER,
                                                    uint32_t rows QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "push {r1, r3}\n"
            "ldm r2, {r4-r12}\n"
            "push {r4-r12}\n"
            "ldr lr, " PAD "\n"
            "ldr r2, " PIXEL_BYTES "\n"
            "1:\n"
            "ldr r1, " PIXELS "\n"
            "ldrd r3, r4, " ROW_BYTES "\n"
            "add r10, r0, r4\n"
            "add r11, r10, r4\n"
            "add r12, r11, r4\n"
            "add r4, r1, r3\n"
            "str r4, " PIXELS "\n"
            "ldrd r3, r9, " BEFORE "\n"
            "cbz r3, 3f\n"
            "mov r4, lr\n"
            "mov r5, lr\n"
            "2:\n" UNPACK_WORD
            "subs r3, #1\n"
            "bne 2b\n"
            "ldr r9, [sp, #4]\n"
            "3:\n"
            "cmp r9, #0\n"
            "beq 4f\n"
            "mov r4, lr\n"
            "ldr r5, [r1]\n"
            "add r1, r2\n" UNPACK_WORD
            "4:\n"
            "ldr r3, " PAIRS "\n"
            "cbz r3, 6f\n"
            "5:\n"
            "ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n" UNPACK_WORD
            "subs r3, #1\n"
            "bne 5b\n"
            "6:\n"
            "ldrd r9, r3, " MIXED_AFTER "\n"
            "cmp r9, #0\n"
            "beq 7f\n"
            "ldr r4, [r1]\n"
            "mov r5, lr\n" UNPACK_WORD
            "7:\n"
            "cbz r3, 9f\n"
            "mov r4, lr\n"
            "mov r5, lr\n"
            "8:\n" UNPACK_WORD
            "subs r3, #1\n"
            "bne 8b\n"
            "9:\n"
            "ldr r3, " ROWS "\n"
            "mov r0, r12\n"
            "subs r3, #1\n"
            "str r3, " ROWS "\n"
            "bne 1b\n"
            "add sp, #44\n"
            "pop {r4-r11, pc}\n");
}

#else

/* Two pixels of four channels to a word of each plane. */
static uint32_t *unpack_word(uint32_t *word, uint32_t pitch, uint32_t left, uint32_t right)
{
    const uint32_t channels_0_1 = qmcu_low_halves(left, right), channels_2_3 = qmcu_high_halves(left, right);
    word[0] = qmcu_bytes_0_2(channels_0_1);
    word[pitch] = qmcu_bytes_1_3(channels_0_1);
    word[2u * pitch] = qmcu_bytes_0_2(channels_2_3);
    word[3u * pitch] = qmcu_bytes_1_3(channels_2_3);
    return word + 1;
}

uint32_t *qmcu_unpack_planes(uint32_t *words, const int8_t *pixels, const qmcu_plane_row *row, uint32_t rows)
{
    const uint32_t pitch = row->plane_bytes / 4u;
    for (; rows > 0u; rows--, words += 4u * pitch, pixels += row->row_bytes) {
        const int8_t *pixel = pixels;
        uint32_t *word = words;
        for (uint32_t i = 0; i < row->words_before; i++) {
            word = unpack_word(word, pitch, row->pad, row->pad);
        }
        if (row->is_mixed_before) {
            word = unpack_word(word, pitch, row->pad, qmcu_load_word(pixel));
            pixel += row->pixel_bytes;
        }
        for (uint32_t i = 0; i < row->pairs; i++, pixel += 2u * row->pixel_bytes) {
            word = unpack_word(word, pitch, qmcu_load_word(pixel), qmcu_load_word(pixel + row->pixel_bytes));
        }
        if (row->is_mixed_after) {
            word = unpack_word(word, pitch, qmcu_load_word(pixel), row->pad);
        }
        for (uint32_t i = 0; i < row->words_after; i++) {
            word = unpack_word(word, pitch, row->pad, row->pad);
        }
    }
    return words;
}

#endif
