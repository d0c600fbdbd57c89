/* SPDX-License-Identifier: 0BSD */
#include "qmcu_multiply_dsp.h"

#include "qmcu_dsp.h"

#if QMCU_DSP_ASSEMBLY

#define GROUPS_UNROLLED 8u
#define EXPANDED_GROUP_BYTES 40u
#define PACKED_GROUP_BYTES 56u

/* r8, r9: channels of pixel 0, r10, r11: of pixel 1; lr: activations; r12: weights. */
#define MULTIPLY_GROUP                                                                                                 \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "smlad r10, r1, r4, r10\n"                                                                                         \
    "smlad r9, r0, r5, r9\n"                                                                                           \
    "smlad r11, r1, r5, r11\n"                                                                                         \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "smlad r10, r3, r6, r10\n"                                                                                         \
    "smlad r9, r2, r7, r9\n"                                                                                           \
    "smlad r11, r3, r7, r11\n"
#define EXPANDED_GROUP                                                                                                 \
    "ldm lr!, {r0-r3}\n"                                                                                               \
    "ldm r12!, {r4-r7}\n" MULTIPLY_GROUP
#define PACKED_GROUP                                                                                                   \
    "ldm lr!, {r0-r3}\n"                                                                                               \
    "ldrd r6, r7, [r12], #8\n"                                                                                         \
    "sxtb16 r4, r6\n"                                                                                                  \
    "sxtb16 r5, r7\n"                                                                                                  \
    "sxtb16 r6, r6, ror #8\n"                                                                                          \
    "sxtb16 r7, r7, ror #8\n" MULTIPLY_GROUP

/* The block on the stack. */
#define WEIGHTS_END "[sp, #24]"
#define REQUANT "#32"
#define STORE "#44"
#define OUTPUT "[sp, #52]"
#define ROUNDING_1 "[sp, #56]"
#define SHIFT_1 "[sp, #64]"

#define BEGIN                                                                                                          \
    "push {r4-r11, lr}\n"                                                                                              \
    "mov lr, r1\n"                                                                                                     \
    "add r12, r0, #36\n"                                                                                               \
    "ldm r12, {r4-r11}\n"                                                                                              \
    "push {r4-r11}\n"                                                                                                  \
    "ldm r0, {r4-r12}\n"                                                                                               \
    "adr.w r0, 4f\n"                                                                                                     \
    "cmp r11, #1\n"                                                                                                    \
    "it eq\n"                                                                                                          \
    "adreq.w r0, 5f\n"                                                                                                   \
    "it gt\n"                                                                                                          \
    "adrgt.w r0, 6f\n"                                                                                                   \
    "orr r11, r0, #1\n"                                                                                                \
    "push {r4-r12}\n"                                                                                                  \
    "1:\n"                                                                                                             \
    "ldm sp, {r0, r8-r12}\n"                                                                                           \
    "add pc, r0\n"                                                                                                     \
    "nop\n"                                                                                                            \
    "2:\n"

/* Ends the loop over groups; then goes on where this kind of requantization is. */
#define END_GROUPS                                                                                                     \
    "ldrd r0, r1, " WEIGHTS_END "\n"                                                                                   \
    "cmp r12, r0\n"                                                                                                    \
    "bne 2b\n"                                                                                                         \
    "bx r1\n"

/* r0, r1: multipliers, r2: rounding, r3: output stride, r4: end of the activations, r5: output. */
#define REQUANTIZE_ONCE                                                                                                \
    "4:\n"                                                                                                             \
    "add r6, sp, " REQUANT "\n"                                                                                        \
    "ldm r6, {r0-r5}\n"                                                                                                \
    "smmlar r8, r8, r0, r2\n"                                                                                          \
    "smmlar r9, r9, r1, r2\n"                                                                                          \
    "smmlar r10, r10, r0, r2\n"                                                                                        \
    "smmlar r11, r11, r1, r2\n"

#define STORE_TILE                                                                                                     \
    "3:\n"                                                                                                             \
    "ssat r8, #8, r8\n"                                                                                                \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"                                                                                              \
    "ssat r11, #8, r11\n"                                                                                              \
    "strb r8, [r5]\n"                                                                                                  \
    "strb r9, [r5, #1]\n"                                                                                              \
    "add r5, r3\n"                                                                                                     \
    "strb r10, [r5]\n"                                                                                                 \
    "strb r11, [r5, #1]\n"                                                                                             \
    "add r5, r3\n"                                                                                                     \
    "str r5, " OUTPUT "\n"                                                                                             \
    "cmp lr, r4\n"                                                                                                     \
    "bne 1b\n"                                                                                                         \
    "add sp, #68\n"                                                                                                    \
    "pop {r4-r11, pc}\n"

/* r0, r1: multipliers, r2, r6: roundings, r7, r12: shifts. */
#define BEGIN_TWICE                                                                                                    \
    "add r6, sp, " REQUANT "\n"                                                                                        \
    "ldm r6, {r0-r2}\n"                                                                                                \
    "ldrd r6, r7, " ROUNDING_1 "\n"                                                                                    \
    "ldr r12, " SHIFT_1 "\n"                                                                                           \
    "lsl r8, r8, #1\n"                                                                                                 \
    "lsl r9, r9, #1\n"                                                                                                 \
    "lsl r10, r10, #1\n"                                                                                               \
    "lsl r11, r11, #1\n"
#define END_TWICE                                                                                                      \
    "add r6, sp, " STORE "\n"                                                                                          \
    "ldm r6, {r3-r5}\n"                                                                                                \
    "asr r8, r8, r7\n"                                                                                                 \
    "asr r9, r9, r12\n"                                                                                                \
    "asr r10, r10, r7\n"                                                                                               \
    "asr r11, r11, r12\n"                                                                                              \
    "b 3b\n"
#define REQUANTIZE_TWICE                                                                                               \
    "5:\n" BEGIN_TWICE                                                                                                 \
    "add r3, r2, r8, asr #31\n"                                                                                        \
    "add r4, r6, r9, asr #31\n"                                                                                        \
    "smmlar r8, r8, r0, r3\n"                                                                                          \
    "smmlar r9, r9, r1, r4\n"                                                                                          \
    "add r3, r2, r10, asr #31\n"                                                                                       \
    "add r4, r6, r11, asr #31\n"                                                                                       \
    "smmlar r10, r10, r0, r3\n"                                                                                        \
    "smmlar r11, r11, r1, r4\n" END_TWICE                                                                              \
    "6:\n" BEGIN_TWICE                                                                                                 \
    "smmlar r8, r8, r0, r2\n"                                                                                          \
    "smmlar r9, r9, r1, r6\n"                                                                                          \
    "smmlar r10, r10, r0, r2\n"                                                                                        \
    "smmlar r11, r11, r1, r6\n" END_TWICE

__attribute__((naked)) void qmcu_multiply_expanded(const qmcu_tile_block *block QMCU_IN_REGISTER,
                                                   const uint32_t *activations QMCU_IN_REGISTER)
{
    __asm__(BEGIN ".rept 8\n" EXPANDED_GROUP ".endr\n" END_GROUPS REQUANTIZE_ONCE STORE_TILE REQUANTIZE_TWICE);
}

__attribute__((naked)) void qmcu_multiply_packed(const qmcu_tile_block *block QMCU_IN_REGISTER,
                                                 const uint32_t *activations QMCU_IN_REGISTER)
{
    __asm__(BEGIN ".rept 8\n" PACKED_GROUP ".endr\n" END_GROUPS REQUANTIZE_ONCE STORE_TILE REQUANTIZE_TWICE);
}

__attribute__((naked)) void qmcu_expand_weights(uint32_t *words QMCU_IN_REGISTER,
                                                const int8_t *weights QMCU_IN_REGISTER,
                                                uint32_t groups QMCU_IN_REGISTER,
                                                uint32_t zero_points QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "subs r2, #2\n"
            "blt 2f\n"
            "1:\n"
            "ldm r1!, {r6, r7, r10, r11}\n"
            "sxtab16 r4, r3, r6\n"
            "sxtab16 r5, r3, r7\n"
            "sxtab16 r6, r3, r6, ror #8\n"
            "sxtab16 r7, r3, r7, ror #8\n"
            "sxtab16 r8, r3, r10\n"
            "sxtab16 r9, r3, r11\n"
            "sxtab16 r10, r3, r10, ror #8\n"
            "sxtab16 r11, r3, r11, ror #8\n"
            "subs r2, #2\n"
            "stm r0!, {r4-r11}\n"
            "bge 1b\n"
            "2:\n"
            "adds r2, #2\n"
            "beq 3f\n"
            "ldm r1, {r6, r7}\n"
            "sxtab16 r4, r3, r6\n"
            "sxtab16 r5, r3, r7\n"
            "sxtab16 r6, r3, r6, ror #8\n"
            "sxtab16 r7, r3, r7, ror #8\n"
            "stm r0, {r4-r7}\n"
            "3:\n"
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

uint32_t qmcu_tile_entry(uint32_t groups, int is_expanded)
{
    const uint32_t skipped = GROUPS_UNROLLED - 1u - (groups - 1u) % GROUPS_UNROLLED;
    return skipped * (is_expanded ? EXPANDED_GROUP_BYTES : PACKED_GROUP_BYTES);
}

#else

/* The four words of a group: for each of its pairs one of each channel. */
typedef void read_group(uint32_t words[4], const void *weights, uint32_t group);

static void read_expanded(uint32_t words[4], const void *weights, uint32_t group)
{
    memcpy(words, (const uint32_t *)weights + 4u * group, 16);
}

static void read_packed(uint32_t words[4], const void *weights, uint32_t group)
{
    qmcu_expand_weights(words, (const int8_t *)weights + 8u * group, 1, 0);
}

static int8_t requantize(const qmcu_tile_block *block, uint32_t channel, int32_t sum)
{
    const int32_t multiplier = block->multiplier[channel];
    if (block->mode == QMCU_ONCE) {
        return qmcu_saturate(qmcu_multiply_high_rounded(block->rounding, sum, multiplier));
    }
    const int32_t below_zero = block->mode == QMCU_TWICE && sum < 0;
    const int32_t rounding = (channel == 0u ? block->rounding : block->rounding_1) - below_zero;
    const int32_t doubled = (int32_t)(2u * (uint32_t)sum);
    return qmcu_saturate(qmcu_multiply_high_rounded(rounding, doubled, multiplier) >> block->shift[channel]);
}

static void multiply(const qmcu_tile_block *block, const uint32_t *activations, uint32_t groups, read_group *read)
{
    int8_t *output = block->output;
    for (; activations != block->activations_end; output += 2u * block->output_stride) {
        uint32_t sums[4], weights[4];
        for (uint32_t i = 0; i < 4u; i++) {
            sums[i] = (uint32_t)block->bias[i];
        }
        for (uint32_t group = 0; group < groups; group++, activations += 4) {
            read(weights, block->weights, group);
            for (uint32_t i = 0; i < 4u; i++) {
                const uint32_t pixel = i / 2u, channel = i % 2u;
                sums[i] = qmcu_multiply_halves(sums[i], activations[pixel], weights[channel]);
                sums[i] = qmcu_multiply_halves(sums[i], activations[2u + pixel], weights[2u + channel]);
            }
        }
        for (uint32_t i = 0; i < 4u; i++) {
            output[i / 2u * block->output_stride + i % 2u] = requantize(block, i % 2u, (int32_t)sums[i]);
        }
    }
}

static uint32_t weight_bytes(const qmcu_tile_block *block)
{
    return (uint32_t)((const int8_t *)block->weights_end - (const int8_t *)block->weights);
}

void qmcu_multiply_expanded(const qmcu_tile_block *block, const uint32_t *activations)
{
    multiply(block, activations, weight_bytes(block) / 16u, read_expanded);
}

void qmcu_multiply_packed(const qmcu_tile_block *block, const uint32_t *activations)
{
    multiply(block, activations, weight_bytes(block) / 8u, read_packed);
}

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

uint32_t qmcu_tile_entry(uint32_t groups, int is_expanded)
{
    (void)groups;
    (void)is_expanded;
    return 0;
}

#endif
