/* SPDX-License-Identifier: 0BSD */
#include "qmcu_expand_a4_dsp.h"

#include "qmcu_dsp.h"

/* For SMUAD, 1 and 2^14: it brings two weights in halves of a word to their places. */
#define WEIGHT_POWERS (1u | 1u << (16 + 14))

#if QMCU_DSP_ASSEMBLY

/* Four times four weights, `count` times. Products with 1 and 2^14 bring the halves of a word together. */
__attribute__((naked)) static uint32_t *expand_fours(uint32_t *words QMCU_IN_REGISTER,
                                                     const int8_t *weights QMCU_IN_REGISTER,
                                                     uint32_t count QMCU_IN_REGISTER, uint32_t powers QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "1:\n"
            "ldm r1!, {r8-r11}\n"
            "sxtb16 r4, r8\n"
            "sxtb16 r5, r8, ror #8\n"
            "sxtb16 r6, r9\n"
            "sxtb16 r7, r9, ror #8\n"
            "sxtb16 r8, r10\n"
            "sxtb16 r9, r10, ror #8\n"
            "sxtb16 r10, r11\n"
            "sxtb16 r11, r11, ror #8\n"
            "smuad r4, r4, r3\n"
            "smuad r5, r5, r3\n"
            "smuad r6, r6, r3\n"
            "smuad r7, r7, r3\n"
            "smuad r8, r8, r3\n"
            "smuad r9, r9, r3\n"
            "smuad r10, r10, r3\n"
            "smuad r11, r11, r3\n"
            "subs r2, #1\n"
            "stm r0!, {r4-r11}\n"
            "bne 1b\n"
            "pop {r4-r11, pc}\n");
}

static uint32_t *expand_whole_fours(uint32_t *words, const int8_t *weights, uint32_t count)
{
    return count < 4u ? words : expand_fours(words, weights, count / 4u, WEIGHT_POWERS);
}

#else

static uint32_t *expand_whole_fours(uint32_t *words, const int8_t *weights, uint32_t count)
{
    for (uint32_t i = 0; i < (count & ~3u); i++, weights += 4) {
        *words++ = (uint32_t)weights[0] + ((uint32_t)weights[2] << 14);
        *words++ = (uint32_t)weights[1] + ((uint32_t)weights[3] << 14);
    }
    return words;
}

#endif

/* Weights of 8 bits. */
static uint32_t *expand_bytes(uint32_t *words, const int8_t *weights, uint32_t count)
{
    words = expand_whole_fours(words, weights, count);
    weights += 4u * (count & ~3u);
    for (count &= 3u; count > 0u; count--, weights += 4, words += 2) {
        const uint32_t four = qmcu_load_word(weights);
        words[0] = qmcu_multiply_halves(0, qmcu_bytes_0_2(four), WEIGHT_POWERS);
        words[1] = qmcu_multiply_halves(0, qmcu_bytes_1_3(four), WEIGHT_POWERS);
    }
    return words;
}

/* Weight `index` of the four in a word. */
static inline int32_t weight_of(uint32_t word, uint32_t index, uint32_t bits)
{
    return (int32_t)(word << (32u - bits * (index + 1u))) >> (32u - bits);
}

static inline uint32_t *expand_bits(uint32_t *words, const uint8_t *weights, uint32_t bit, uint32_t count,
                                    uint32_t bits, uint32_t raise)
{
    for (; count > 0u; count--, bit += 4u * bits, words += 2) {
        const uint32_t four = qmcu_load_word((const int8_t *)weights + (bit >> 3)) >> (bit & 7u);
        words[0] = ((uint32_t)weight_of(four, 0, bits) + ((uint32_t)weight_of(four, 2, bits) << 14)) << raise;
        words[1] = ((uint32_t)weight_of(four, 1, bits) + ((uint32_t)weight_of(four, 3, bits) << 14)) << raise;
    }
    return words;
}

/* By code made for the width, for the usual ones. */
uint32_t *qmcu_expand_a4(uint32_t *words, const uint8_t *weights, uint32_t bit, uint32_t count, uint32_t bits,
                         uint32_t raise)
{
    switch (bits) {
    case 8:
        return expand_bytes(words, (const int8_t *)weights + bit / 8u, count);
    case 6:
        return expand_bits(words, weights, bit, count, 6, raise);
    case 4:
        return expand_bits(words, weights, bit, count, 4, raise);
    default:
        return expand_bits(words, weights, bit, count, bits, raise);
    }
}
