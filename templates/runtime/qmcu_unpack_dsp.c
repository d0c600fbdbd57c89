/* SPDX-License-Identifier: 0BSD */
#include "qmcu_unpack_dsp.h"

#include "qmcu_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* r0: words, r1: weights, r3: minus the zero point. */
#define EXPAND_GROUP                                                                                                   \
    "ldm r1!, {r6, r7}\n"                                                                                              \
    "sxtab16 r4, r3, r6\n"                                                                                             \
    "sxtab16 r5, r3, r7\n"                                                                                             \
    "sxtab16 r6, r3, r6, ror #8\n"                                                                                     \
    "sxtab16 r7, r3, r7, ror #8\n"                                                                                     \
    "stm r0!, {r4-r7}\n"
#define EXPAND_TWO_GROUPS                                                                                              \
    "ldm r1!, {r6, r7, r10, r11}\n"                                                                                    \
    "sxtab16 r4, r3, r6\n"                                                                                             \
    "sxtab16 r5, r3, r7\n"                                                                                             \
    "sxtab16 r6, r3, r6, ror #8\n"                                                                                     \
    "sxtab16 r7, r3, r7, ror #8\n"                                                                                     \
    "sxtab16 r8, r3, r10\n"                                                                                            \
    "sxtab16 r9, r3, r11\n"                                                                                            \
    "sxtab16 r10, r3, r10, ror #8\n"                                                                                   \
    "sxtab16 r11, r3, r11, ror #8\n"                                                                                   \
    "stm r0!, {r4-r11}\n"

/* One group where they are odd, two where that leaves two over, then four at once. */
__attribute__((naked)) void qmcu_expand_weights(uint32_t *words QMCU_IN_REGISTER,
                                                const int8_t *weights QMCU_IN_REGISTER,
                                                uint32_t groups QMCU_IN_REGISTER,
                                                uint32_t zero_points QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "lsrs r2, #1\n"
            "bcc 1f\n" EXPAND_GROUP
            "1:\n"
            "lsrs r2, #1\n"
            "bcc 2f\n" EXPAND_TWO_GROUPS
            "2:\n"
            "cbz r2, 4f\n"
            "3:\n" EXPAND_TWO_GROUPS EXPAND_TWO_GROUPS
            "subs r2, #1\n"
            "bne 3b\n"
            "4:\n"
            "pop {r4-r11, pc}\n");
}

__attribute__((naked)) uint32_t *
qmcu_unpack_pair(uint32_t *words QMCU_IN_REGISTER, const int8_t *pixel0 QMCU_IN_REGISTER,
                 const int8_t *pixel1 QMCU_IN_REGISTER, uint32_t values QMCU_IN_REGISTER,
                 uint32_t runs QMCU_IN_REGISTER, int32_t run_stride QMCU_IN_REGISTER)
{
    __asm__("push {r3-r11, lr}\n"
            "ldr lr, [sp, #40]\n"
            "ldr r12, [sp, #44]\n"
            "sub r12, r3\n"
            "1:\n"
            "ldr r3, [sp]\n"
            "subs r3, #8\n"
            "blt 3f\n"
            "2:\n"
            "ldr r6, [r1], #4\n"
            "ldr r7, [r2], #4\n"
            "ldr r10, [r1], #4\n"
            "ldr r11, [r2], #4\n"
            "sxtb16 r4, r6\n"
            "sxtb16 r5, r7\n"
            "sxtb16 r6, r6, ror #8\n"
            "sxtb16 r7, r7, ror #8\n"
            "sxtb16 r8, r10\n"
            "sxtb16 r9, r11\n"
            "sxtb16 r10, r10, ror #8\n"
            "sxtb16 r11, r11, ror #8\n"
            "subs r3, #8\n"
            "stm r0!, {r4-r11}\n"
            "bge 2b\n"
            "3:\n"
            "adds r3, #8\n"
            "beq 6f\n"
            "subs r3, #4\n"
            "blt 4f\n"
            "ldr r6, [r1], #4\n"
            "ldr r7, [r2], #4\n"
            "sxtb16 r4, r6\n"
            "sxtb16 r5, r7\n"
            "sxtb16 r6, r6, ror #8\n"
            "sxtb16 r7, r7, ror #8\n"
            "stm r0!, {r4-r7}\n"
            "beq 6f\n"
            "subs r3, #4\n"
            /* One to three values, of which r3 is four more than there are. */
            "4:\n"
            "ldrsb r4, [r1], #1\n"
            "ldrsb r5, [r2], #1\n"
            "adds r3, #2\n"
            "bmi 5f\n"
            "ldrsb r6, [r1], #1\n"
            "ldrsb r7, [r2], #1\n"
            "bgt 7f\n"
            "stm r0!, {r4-r7}\n"
            "b 6f\n"
            "5:\n"
            "stm r0!, {r4, r5}\n"
            "6:\n"
            "add r1, r12\n"
            "add r2, r12\n"
            "subs lr, #1\n"
            "bne 1b\n"
            "pop {r3-r11, pc}\n"
            "7:\n"
            "ldrsb r8, [r1], #1\n"
            "ldrsb r9, [r2], #1\n"
            "pkhbt r4, r4, r8, lsl #16\n"
            "pkhbt r5, r5, r9, lsl #16\n"
            "stm r0!, {r4-r7}\n"
            "b 6b\n");
}

#else

void qmcu_expand_weights(uint32_t *words, const int8_t *weights, uint32_t groups, uint32_t zero_points)
{
    for (; groups > 0u; groups--, weights += 8, words += 4) {
        for (uint32_t channel = 0; channel < 2u; channel++) {
            const uint32_t word = qmcu_load_word(weights + 4u * channel);
            words[channel] = qmcu_add_halves(qmcu_bytes_0_2(word), zero_points);
            words[2u + channel] = qmcu_add_halves(qmcu_bytes_1_3(word), zero_points);
        }
    }
}

uint32_t *qmcu_unpack_pair(uint32_t *words, const int8_t *pixel0, const int8_t *pixel1, uint32_t values, uint32_t runs,
                           int32_t run_stride)
{
    for (; runs > 0u; runs--, pixel0 += run_stride, pixel1 += run_stride) {
        for (uint32_t k = 0; k < values; k += 4u) {
            const uint32_t left = values - k;
            *words++ = qmcu_halves(pixel0[k], left > 2u ? pixel0[k + 2u] : 0);
            *words++ = qmcu_halves(pixel1[k], left > 2u ? pixel1[k + 2u] : 0);
            if (left > 1u) {
                *words++ = qmcu_halves(pixel0[k + 1u], left > 3u ? pixel0[k + 3u] : 0);
                *words++ = qmcu_halves(pixel1[k + 1u], left > 3u ? pixel1[k + 3u] : 0);
            }
        }
    }
    return words;
}

#endif

/* Field `index` as a signed number, 2^raise times. */
static inline int32_t weight_of(uint32_t fields, uint32_t index, uint32_t bits, uint32_t raise)
{
    return ((int32_t)(fields << (32u - bits * (index + 1u))) >> (32u - bits)) * (int32_t)(1u << raise);
}

static inline void expand_fields(uint32_t *words, const uint8_t *weights, uint32_t groups, uint32_t bits,
                                 uint32_t raise)
{
    for (; groups > 0u; groups--, weights += bits, words += 4) {
        const uint32_t low = qmcu_load_word((const int8_t *)weights);
        const uint32_t high = qmcu_load_word((const int8_t *)weights + bits / 2u) >> (bits % 2u * 4u);
        for (uint32_t i = 0; i < 4u; i++) {
            words[i] = qmcu_halves(weight_of(low, i, bits, raise), weight_of(high, i, bits, raise));
        }
    }
}

/* A half of a word has its four weights 4 bits apart, like the other one. */
static void expand_nibbles(uint32_t *words, const uint8_t *weights, uint32_t groups, uint32_t raise)
{
    const uint32_t nibbles = 0x000F000Fu << raise, sign = 0x00080008u << raise;
    for (; groups > 0u; groups--, weights += 4, words += 4) {
        const uint32_t group = qmcu_load_word((const int8_t *)weights), raised = group << raise;
        words[0] = qmcu_subtract_halves((raised & nibbles) ^ sign, sign);
        words[1] = qmcu_subtract_halves((raised >> 4 & nibbles) ^ sign, sign);
        words[2] = qmcu_subtract_halves((raised >> 8 & nibbles) ^ sign, sign);
        words[3] = qmcu_subtract_halves((group >> 12 << raise & nibbles) ^ sign, sign);
    }
}

void qmcu_expand_narrow_weights(uint32_t *words, const uint8_t *weights, uint32_t groups, uint32_t bits, uint32_t raise)
{
    if (bits == 4u) {
        expand_nibbles(words, weights, groups, raise);
    } else {
        expand_fields(words, weights, groups, bits, raise);
    }
}
