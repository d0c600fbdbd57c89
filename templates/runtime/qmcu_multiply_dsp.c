/* SPDX-License-Identifier: 0BSD */
#include "qmcu_multiply_dsp.h"

#include "qmcu_dsp.h"
#include "qmcu_unpack_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* Groups that a loop goes through at once, of expanded weights, of weights in flash and of one pixel: see .rept. */
#define EXPANDED_GROUPS 16u
#define PACKED_GROUPS 8u
#define SINGLE_GROUPS 8u
#define EXPANDED_GROUP_BYTES 40u
#define PACKED_GROUP_BYTES 56u
#define EXPANDED_SINGLE_BYTES 24u
#define PACKED_SINGLE_BYTES 40u

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

/* The same of one pixel, in r0 and r2. */
#define MULTIPLY_SINGLE                                                                                                \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "smlad r9, r0, r5, r9\n"                                                                                           \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "smlad r9, r2, r7, r9\n"
#define EXPANDED_SINGLE                                                                                                \
    "ldm lr!, {r0-r3}\n"                                                                                               \
    "ldm r12!, {r4-r7}\n" MULTIPLY_SINGLE
#define PACKED_SINGLE                                                                                                  \
    "ldm lr!, {r0-r3}\n"                                                                                               \
    "ldrd r6, r7, [r12], #8\n"                                                                                         \
    "sxtb16 r4, r6\n"                                                                                                  \
    "sxtb16 r5, r7\n"                                                                                                  \
    "sxtb16 r6, r6, ror #8\n"                                                                                          \
    "sxtb16 r7, r7, ror #8\n" MULTIPLY_SINGLE

/* The block on the stack. */
#define WEIGHTS_END "[sp, #24]"
#define REQUANT "#32"
#define STORE "#44"
#define OUTPUT_STRIDE "[sp, #44]"
#define ACTIVATIONS_END "[sp, #48]"
#define OUTPUT "[sp, #52]"
#define ROUNDING_1 "[sp, #56]"
#define SHIFT_1 "[sp, #64]"
#define SINGLE_ENTRY "[sp, #68]"
#define IS_ODD "[sp, #72]"

/* The block goes to the stack; its entry becomes an address, so that what loads the biases jumps there too. */
#define COPY_BLOCK                                                                                                     \
    "push {r4-r11, lr}\n"                                                                                              \
    "mov lr, r1\n"                                                                                                     \
    "add r12, r0, #36\n"                                                                                               \
    "ldm r12, {r2-r11}\n"                                                                                              \
    "push {r2-r11}\n"                                                                                                  \
    "ldm r0, {r4-r12}\n"                                                                                               \
    "adr.w r0, 2f\n"                                                                                                   \
    "add r9, r0\n"                                                                                                     \
    "orr r9, r9, #1\n"
/* Where this kind of requantization is. */
#define FIND_MODE                                                                                                      \
    "adr.w r0, 4f\n"                                                                                                   \
    "cmp r11, #1\n"                                                                                                    \
    "it eq\n"                                                                                                          \
    "adreq.w r0, 5f\n"                                                                                                 \
    "it gt\n"                                                                                                          \
    "adrgt.w r0, 6f\n"                                                                                                 \
    "orr r11, r0, #1\n"
#define BEGIN_PAIRS                                                                                                    \
    "push {r4-r12}\n"                                                                                                  \
    "ldr r0, " ACTIVATIONS_END "\n"                                                                                    \
    "cmp lr, r0\n"                                                                                                     \
    "beq.w 7f\n"                                                                                                       \
    "1:\n"                                                                                                             \
    "ldm sp, {r8-r12, pc}\n"                                                                                           \
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
    "bfi r8, r9, #8, #24\n"                                                                                            \
    "bfi r10, r11, #8, #24\n"                                                                                          \
    "strh r8, [r5]\n"                                                                                                  \
    "strh r10, [r5, r3]\n"                                                                                             \
    "add r5, r5, r3, lsl #1\n"                                                                                         \
    "str r5, " OUTPUT "\n"                                                                                             \
    "cmp lr, r4\n"                                                                                                     \
    "bne 1b\n"

/* After the pairs, an odd pixel: one that counts as a pair that lies in one place. */
#define BEGIN_SINGLE                                                                                                   \
    "7:\n"                                                                                                             \
    "ldr r0, " IS_ODD "\n"                                                                                             \
    "cmp r0, #0\n"                                                                                                     \
    "beq.w 9f\n"                                                                                                       \
    "movs r1, #0\n"                                                                                                    \
    "str r1, " IS_ODD "\n"                                                                                             \
    "str r1, " OUTPUT_STRIDE "\n"                                                                                      \
    "ldm sp, {r8-r12}\n"                                                                                               \
    "ldr r0, " SINGLE_ENTRY "\n"                                                                                       \
    "add pc, r0\n"                                                                                                     \
    "nop\n"                                                                                                            \
    "8:\n"
#define END_SINGLE                                                                                                     \
    "ldrd r0, r1, " WEIGHTS_END "\n"                                                                                   \
    "cmp r12, r0\n"                                                                                                    \
    "bne 8b\n"                                                                                                         \
    "str lr, " ACTIVATIONS_END "\n"                                                                                    \
    "mov r10, r8\n"                                                                                                    \
    "mov r11, r9\n"
#define END                                                                                                            \
    "9:\n"                                                                                                             \
    "add sp, #76\n"                                                                                                    \
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
    "b.w 3b\n"
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

/* Any number of groups. */
#define DEFINE_MULTIPLY(name, times, group, single)                                                                    \
    __attribute__((naked)) static void name(const qmcu_tile_block *block QMCU_IN_REGISTER,                             \
                                            const uint32_t *activations QMCU_IN_REGISTER)                              \
    {                                                                                                                  \
        __asm__(COPY_BLOCK FIND_MODE BEGIN_PAIRS ".rept " times "\n" group ".endr\n" END_GROUPS REQUANTIZE_ONCE        \
                    STORE_TILE BEGIN_SINGLE ".rept 8\n" single ".endr\n" END_SINGLE "bx r1\n" END REQUANTIZE_TWICE);   \
    }

DEFINE_MULTIPLY(multiply_expanded, "16", EXPANDED_GROUP, EXPANDED_SINGLE)
DEFINE_MULTIPLY(multiply_packed, "8", PACKED_GROUP, PACKED_SINGLE)

/* No more groups of expanded weights than a loop goes through at once, one rounding. */
__attribute__((naked)) static void multiply_short(const qmcu_tile_block *block QMCU_IN_REGISTER,
                                                  const uint32_t *activations QMCU_IN_REGISTER)
{
    __asm__(COPY_BLOCK BEGIN_PAIRS ".rept 16\n" EXPANDED_GROUP ".endr\n" REQUANTIZE_ONCE STORE_TILE BEGIN_SINGLE
            ".rept 8\n" EXPANDED_SINGLE ".endr\n" END_SINGLE "b 4b\n" END);
}

/* Of `unrolled` groups that a loop goes through at once, those that its first round skips. */
static uint32_t skipped_of(uint32_t unrolled, uint32_t groups)
{
    return unrolled - 1u - (groups - 1u) % unrolled;
}

qmcu_multiply *qmcu_begin_block(qmcu_tile_block *block, uint32_t groups, int is_expanded)
{
    block->single_entry = skipped_of(SINGLE_GROUPS, groups) * (is_expanded ? EXPANDED_SINGLE_BYTES : PACKED_SINGLE_BYTES);
    if (!is_expanded) {
        block->entry = skipped_of(PACKED_GROUPS, groups) * PACKED_GROUP_BYTES;
        return multiply_packed;
    }
    block->entry = skipped_of(EXPANDED_GROUPS, groups) * EXPANDED_GROUP_BYTES;
    return groups <= EXPANDED_GROUPS && block->mode == QMCU_ONCE ? multiply_short : multiply_expanded;
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

/* The first `pixels` pixels of a pair. */
static void multiply_pair(const qmcu_tile_block *block, const uint32_t *activations, uint32_t groups, read_group *read,
                          uint32_t pixels, int8_t *output)
{
    for (uint32_t i = 0; i < 2u * pixels; i++) {
        const uint32_t pixel = i / 2u, channel = i % 2u;
        uint32_t sum = (uint32_t)block->bias[i], weights[4];
        for (uint32_t group = 0; group < groups; group++) {
            const uint32_t *words = activations + 4u * group + pixel;
            read(weights, block->weights, group);
            sum = qmcu_multiply_halves(sum, words[0], weights[channel]);
            sum = qmcu_multiply_halves(sum, words[2], weights[2u + channel]);
        }
        output[pixel * block->output_stride + channel] = requantize(block, channel, (int32_t)sum);
    }
}

static void multiply(const qmcu_tile_block *block, const uint32_t *activations, uint32_t groups, read_group *read)
{
    int8_t *output = block->output;
    for (; activations != block->activations_end; activations += 4u * groups, output += 2u * block->output_stride) {
        multiply_pair(block, activations, groups, read, 2, output);
    }
    if (block->is_odd) {
        multiply_pair(block, activations, groups, read, 1, output);
    }
}

static uint32_t weight_bytes(const qmcu_tile_block *block)
{
    return (uint32_t)((const int8_t *)block->weights_end - (const int8_t *)block->weights);
}

static void multiply_expanded(const qmcu_tile_block *block, const uint32_t *activations)
{
    multiply(block, activations, weight_bytes(block) / 16u, read_expanded);
}

static void multiply_packed(const qmcu_tile_block *block, const uint32_t *activations)
{
    multiply(block, activations, weight_bytes(block) / 8u, read_packed);
}

qmcu_multiply *qmcu_begin_block(qmcu_tile_block *block, uint32_t groups, int is_expanded)
{
    (void)groups;
    block->entry = block->single_entry = 0;
    return is_expanded ? multiply_expanded : multiply_packed;
}

#endif
