/* SPDX-License-Identifier: 0BSD */
#include "qmcu_multiply_dsp.h"

#include "qmcu_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* r4 ... r7: pixel 0, r8 ... r11: pixel 1, by channel; lr: activations; r12: stream. */
#define MULTIPLY_PAIR                                                                                                  \
    "ldrd r2, r3, [lr], #8\n"                                                                                          \
    "ldrd r0, r1, [r12], #8\n"                                                                                         \
    "smlad r4, r2, r0, r4\n"                                                                                           \
    "smlad r8, r3, r0, r8\n"                                                                                           \
    "smlad r5, r2, r1, r5\n"                                                                                           \
    "smlad r9, r3, r1, r9\n"                                                                                           \
    "ldrd r0, r1, [r12], #8\n"                                                                                         \
    "smlad r6, r2, r0, r6\n"                                                                                           \
    "smlad r10, r3, r0, r10\n"                                                                                         \
    "smlad r7, r2, r1, r7\n"                                                                                           \
    "smlad r11, r3, r1, r11\n"
#define MULTIPLY_PAIR_BYTES 44u
#define PAIRS_UNROLLED 8u

/* The arguments stand one after the other on the stack, below them nine saved registers. */
#define ACTIVATIONS_END "[sp, #40]"
#define STREAM "[sp, #44]"
#define WEIGHTS_END "[sp, #48]"
#define OUTPUT "[sp, #52]"
#define ENTRY "[sp, #60]"
#define ROUNDING "[sp, #64]"

#define MODE "[sp, #72]"

#define MULTIPLY_TILE                                                                                                  \
    "push {r0-r3}\n"                                                                                                   \
    "push {r4-r11, lr}\n"                                                                                              \
    "mov lr, r0\n"                                                                                                     \
    "1:\n"                                                                                                             \
    "ldr r12, " STREAM "\n"                                                                                            \
    "ldr r0, " ENTRY "\n"                                                                                              \
    "ldm r12, {r4-r7}\n"                                                                                               \
    "ldm r12!, {r8-r11}\n"                                                                                             \
    "add pc, r0\n"                                                                                                     \
    "nop\n"                                                                                                            \
    "2:\n"                                                                                                             \
    ".rept 8\n" MULTIPLY_PAIR ".endr\n"                                                                                  \
    "ldr r0, " WEIGHTS_END "\n"                                                                                        \
    "cmp r12, r0\n"                                                                                                    \
    "bne 2b\n"                                                                                                         \
    "ldrd r0, r1, " ROUNDING "\n"                                                                                      \
    "cmp r1, #0\n"                                                                                                     \
    "beq 4f\n"

/* Bytes 0 ... 255 in r4 ... r7 and r8 ... r11 to two words of signed bytes, then the next two pixels. */
#define STORE_TILE                                                                                                     \
    "orr r4, r4, r5, lsl #8\n"                                                                                         \
    "orr r8, r8, r9, lsl #8\n"                                                                                         \
    "orr r4, r4, r6, lsl #16\n"                                                                                        \
    "orr r8, r8, r10, lsl #16\n"                                                                                       \
    "orr r4, r4, r7, lsl #24\n"                                                                                        \
    "orr r8, r8, r11, lsl #24\n"                                                                                       \
    "ldrd r0, r1, " OUTPUT "\n"                                                                                        \
    "eor r4, r4, #0x80808080\n"                                                                                        \
    "eor r8, r8, #0x80808080\n"                                                                                        \
    "ldr r2, " ACTIVATIONS_END "\n"                                                                                    \
    "str r4, [r0]\n"                                                                                                   \
    "str r8, [r0, r1]\n"                                                                                               \
    "add r0, r0, r1, lsl #1\n"                                                                                         \
    "str r0, " OUTPUT "\n"                                                                                             \
    "cmp lr, r2\n"                                                                                                     \
    "bne 1b\n"                                                                                                         \
    "pop {r4-r11, lr}\n"                                                                                               \
    "add sp, #16\n"                                                                                                    \
    "bx lr\n"

#define SHIFT_AND_SATURATE(pixel0, pixel1, shift)                                                                      \
    "asr " pixel0 ", " pixel0 ", " shift "\n"                                                                          \
    "asr " pixel1 ", " pixel1 ", " shift "\n"                                                                          \
    "usat " pixel0 ", #8, " pixel0 "\n"                                                                                \
    "usat " pixel1 ", #8, " pixel1 "\n"

#define REQUANTIZE_ONCE(pixel0, pixel1)                                                                                \
    "ldr r2, [r12], #4\n"                                                                                              \
    "smmla " pixel0 ", " pixel0 ", r2, r0\n"                                                                           \
    "smmla " pixel1 ", " pixel1 ", r2, r0\n" SHIFT_AND_SATURATE(pixel0, pixel1, "r1")

/* SMMLAR of the doubled sum is the doubling high multiplication; subtracting 1 below zero rounds halves away from it. */
#define REQUANTIZE_TWICE(pixel0, pixel1)                                                                               \
    "ldm r12!, {r0, r1, r2}\n"                                                                                         \
    "add r3, r1, " pixel0 ", asr #31\n"                                                                                \
    "lsl " pixel0 ", " pixel0 ", #1\n"                                                                                 \
    "add r1, r1, " pixel1 ", asr #31\n"                                                                                \
    "lsl " pixel1 ", " pixel1 ", #1\n"                                                                                 \
    "smmlar " pixel0 ", " pixel0 ", r0, r3\n"                                                                          \
    "smmlar " pixel1 ", " pixel1 ", r0, r1\n" SHIFT_AND_SATURATE(pixel0, pixel1, "r2")

#define REQUANTIZE_TWICE_CUT_OFF(pixel0, pixel1)                                                                       \
    "ldm r12!, {r0, r1, r2}\n"                                                                                         \
    "lsl " pixel0 ", " pixel0 ", #1\n"                                                                                 \
    "lsl " pixel1 ", " pixel1 ", #1\n"                                                                                 \
    "smmlar " pixel0 ", " pixel0 ", r0, r1\n"                                                                          \
    "smmlar " pixel1 ", " pixel1 ", r0, r1\n" SHIFT_AND_SATURATE(pixel0, pixel1, "r2")

#define ALL_CHANNELS(requantize)                                                                                       \
    requantize("r4", "r8") requantize("r5", "r9") requantize("r6", "r10") requantize("r7", "r11")

__attribute__((naked)) void
qmcu_multiply_tiles(const uint32_t *activations QMCU_IN_REGISTER, const uint32_t *activations_end QMCU_IN_REGISTER,
               const uint32_t *stream QMCU_IN_REGISTER, const uint32_t *weights_end QMCU_IN_REGISTER,
               int8_t *output QMCU_IN_REGISTER, uint32_t output_stride QMCU_IN_REGISTER,
               uint32_t entry QMCU_IN_REGISTER, int32_t rounding QMCU_IN_REGISTER, uint32_t shift QMCU_IN_REGISTER,
               qmcu_rounding_mode mode QMCU_IN_REGISTER)
{
    __asm__(MULTIPLY_TILE ALL_CHANNELS(REQUANTIZE_ONCE) "3:\n" STORE_TILE
            "4:\n"
            "ldr r0, " MODE "\n"
            "cmp r0, #1\n"
            "bne 5f\n" ALL_CHANNELS(REQUANTIZE_TWICE) "b 3b\n"
            "5:\n" ALL_CHANNELS(REQUANTIZE_TWICE_CUT_OFF) "b 3b\n");
}

__attribute__((naked)) uint32_t *qmcu_expand_weights(uint32_t *words QMCU_IN_REGISTER, const int8_t *weights QMCU_IN_REGISTER,
                                                         uint32_t count QMCU_IN_REGISTER, uint32_t zero_points QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "cbz r2, 2f\n"
            "1:\n"
            "ldm r1!, {r8-r11}\n"
            "sxtab16 r4, r3, r8\n"
            "sxtab16 r5, r3, r9\n"
            "sxtab16 r6, r3, r10\n"
            "sxtab16 r7, r3, r11\n"
            "sxtab16 r8, r3, r8, ror #8\n"
            "sxtab16 r9, r3, r9, ror #8\n"
            "sxtab16 r10, r3, r10, ror #8\n"
            "sxtab16 r11, r3, r11, ror #8\n"
            "subs r2, #1\n"
            "stm r0!, {r4-r11}\n"
            "bne 1b\n"
            "2:\n"
            "pop {r4-r11, pc}\n");
}

__attribute__((naked)) uint32_t *
qmcu_unpack_pair(uint32_t *words QMCU_IN_REGISTER, const int8_t *source QMCU_IN_REGISTER, ptrdiff_t pixel_stride QMCU_IN_REGISTER,
                 uint32_t values QMCU_IN_REGISTER, uint32_t runs QMCU_IN_REGISTER, ptrdiff_t run_stride QMCU_IN_REGISTER)
{
    __asm__("push {r0-r3}\n"
            "push {r4-r11, lr}\n"
            "1:\n"
            "ldrd r2, r3, [sp, #40]\n"
            "ldr r1, [sp, #48]\n"
            "add r3, r2\n"
            "subs r1, #8\n"
            "blt 3f\n"
            "2:\n"
            "ldr r6, [r2], #4\n"
            "ldr r7, [r3], #4\n"
            "ldr r10, [r2], #4\n"
            "ldr r11, [r3], #4\n"
            "sxtb16 r4, r6\n"
            "sxtb16 r5, r7\n"
            "sxtb16 r6, r6, ror #8\n"
            "sxtb16 r7, r7, ror #8\n"
            "sxtb16 r8, r10\n"
            "sxtb16 r9, r11\n"
            "sxtb16 r10, r10, ror #8\n"
            "sxtb16 r11, r11, ror #8\n"
            "subs r1, #8\n"
            "stm r0!, {r4-r11}\n"
            "bge 2b\n"
            "3:\n"
            "adds r1, #8\n"
            "beq 5f\n"
            "4:\n"
            "ldr r6, [r2], #4\n"
            "ldr r7, [r3], #4\n"
            "cmp r1, #1\n"
            "sxtb16 r4, r6\n"
            "sxtb16 r5, r7\n"
            "stm r0!, {r4, r5}\n"
            "beq 5f\n"
            "sxtb16 r6, r6, ror #8\n"
            "sxtb16 r7, r7, ror #8\n"
            "subs r1, #4\n"
            "stm r0!, {r6, r7}\n"
            "bgt 4b\n"
            "5:\n"
            "ldrd r1, r2, [sp, #52]\n"
            "ldr r3, [sp, #40]\n"
            "subs r1, #1\n"
            "add r3, r2\n"
            "str r1, [sp, #52]\n"
            "str r3, [sp, #40]\n"
            "bne 1b\n"
            "pop {r4-r11, lr}\n"
            "add sp, #16\n"
            "bx lr\n");
}

uint32_t qmcu_tile_entry(uint32_t pairs)
{
    return (PAIRS_UNROLLED - 1u - (pairs - 1u) % PAIRS_UNROLLED) * MULTIPLY_PAIR_BYTES;
}

#else

static int8_t requantize_once(int32_t sum, int32_t multiplier, int32_t rounding, uint32_t shift)
{
    return qmcu_saturate(((int32_t)(((int64_t)sum * multiplier >> 32) + rounding) >> shift) - 128);
}

static int8_t requantize_twice(int32_t sum, int32_t multiplier, int32_t rounding, uint32_t shift, qmcu_rounding_mode mode)
{
    const int32_t below_zero = mode == QMCU_TWICE && sum < 0;
    const int32_t high = qmcu_multiply_high_rounded(rounding - below_zero, (int32_t)(2u * (uint32_t)sum), multiplier);
    return qmcu_saturate((high >> shift) - 128);
}

static const uint32_t *sum_tile(uint32_t sums[2][4], const uint32_t *activations, const uint32_t *stream,
                                     const uint32_t *weights_end)
{
    for (uint32_t channel = 0; channel < 4u; channel++) sums[0][channel] = sums[1][channel] = stream[channel];
    for (stream += 4; stream != weights_end; stream += 4, activations += 2)
        for (uint32_t channel = 0; channel < 4u; channel++) {
            sums[0][channel] = qmcu_multiply_halves(sums[0][channel], activations[0], stream[channel]);
            sums[1][channel] = qmcu_multiply_halves(sums[1][channel], activations[1], stream[channel]);
        }
    return activations;
}

void qmcu_multiply_tiles(const uint32_t *activations, const uint32_t *activations_end, const uint32_t *stream,
                           const uint32_t *weights_end, int8_t *output, uint32_t output_stride, uint32_t entry,
                           int32_t rounding, uint32_t shift, qmcu_rounding_mode mode)
{
    (void)entry;
    for (; activations != activations_end; output += 2u * output_stride) {
        uint32_t sums[2][4];
        activations = sum_tile(sums, activations, stream, weights_end);
        for (uint32_t i = 0; i < 8u; i++) {
            const uint32_t pixel = i / 4u, channel = i % 4u;
            const int32_t sum = (int32_t)sums[pixel][channel];
            const uint32_t *requant = weights_end + (mode == QMCU_ONCE ? channel : 3u * channel);
            output[pixel * output_stride + channel] =
                mode == QMCU_ONCE ? requantize_once(sum, (int32_t)requant[0], rounding, shift)
                             : requantize_twice(sum, (int32_t)requant[0], (int32_t)requant[1], requant[2], mode);
        }
    }
}

uint32_t *qmcu_expand_weights(uint32_t *words, const int8_t *weights, uint32_t count, uint32_t zero_points)
{
    for (; count > 0u; count--, weights += 16, words += 8) {
        for (uint32_t channel = 0; channel < 4u; channel++) {
            const uint32_t word = qmcu_load_word(weights + 4u * channel);
            words[channel] = qmcu_add_halves(qmcu_bytes_0_2(word), zero_points);
            words[4u + channel] = qmcu_add_halves(qmcu_bytes_1_3(word), zero_points);
        }
    }
    return words;
}

uint32_t *qmcu_unpack_pair(uint32_t *words, const int8_t *source, ptrdiff_t pixel_stride, uint32_t values, uint32_t runs,
                           ptrdiff_t run_stride)
{
    for (; runs > 0u; runs--, source += run_stride)
        for (uint32_t k = 0; k < values; k += 4u) {
            const int8_t *pixel0 = source + k, *pixel1 = pixel0 + pixel_stride;
            *words++ = qmcu_halves(pixel0[0], pixel0[2]);
            *words++ = qmcu_halves(pixel1[0], pixel1[2]);
            if (values - k == 1u) break;
            *words++ = qmcu_halves(pixel0[1], pixel0[3]);
            *words++ = qmcu_halves(pixel1[1], pixel1[3]);
        }
    return words;
}

uint32_t qmcu_tile_entry(uint32_t pairs)
{
    (void)pairs;
    return 0;
}

#endif
