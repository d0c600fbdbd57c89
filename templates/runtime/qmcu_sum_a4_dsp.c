/* SPDX-License-Identifier: 0BSD */
#include "qmcu_sum_a4_dsp.h"

#include "qmcu_dsp.h"

/* For SMUAD, 1 and 2^14: it brings two weights in halves of a word to their places. */
#define WEIGHT_POWERS (1u | 1u << (16 + 14))

#if QMCU_DSP_ASSEMBLY

/* Values that the inner loop takes at a time, and the bytes of code for each. */
enum { UNROLLED = 8, VALUE_BYTES = 24 };

/* Low half: bytes of the segment's words; high half: where in the inner loop to begin, so that any count comes out even. */
uint32_t qmcu_segment_header(uint32_t values)
{
    return 8u * values | (UNROLLED - 1u - (values - 1u) % UNROLLED) * VALUE_BYTES << 16;
}

/* r4 ... r11: four sums of 64 bits; lr: activations; r12: stream. */
#define SUM_VALUE                                                                                                      \
    "ldrd r2, r3, [lr], #8\n"                                                                                          \
    "ldrd r0, r1, [r12], #8\n"                                                                                         \
    "smlal r4, r5, r2, r0\n"                                                                                           \
    "smlal r6, r7, r2, r1\n"                                                                                           \
    "smlal r8, r9, r3, r0\n"                                                                                           \
    "smlal r10, r11, r3, r1\n"

/* Adds the fields of a sum to four sums in memory; each field stands 2^13 too high, so that it is not negative. */
#define ADD_FIELDS(low, high, at, behind)                                                                              \
    "ldrd r0, r1, [r3, #" at "]\n"                                                                                     \
    "ubfx r2, " low ", #0, #14\n"                                                                                      \
    "add r0, r2\n"                                                                                                     \
    "ubfx r2, " low ", #14, #14\n"                                                                                     \
    "add r1, r2\n"                                                                                                     \
    "strd r0, r1, [r3, #" at "]\n"                                                                                     \
    "ldrd r0, r1, [r3, #" behind "]\n"                                                                                 \
    "lsr r2, " low ", #28\n"                                                                                           \
    "orr r2, r2, " high ", lsl #4\n"                                                                                   \
    "ubfx r2, r2, #0, #14\n"                                                                                           \
    "add r0, r2\n"                                                                                                     \
    "add r1, r1, " high ", lsr #10\n"                                                                                  \
    "strd r0, r1, [r3, #" behind "]\n"

__attribute__((naked)) void qmcu_sum_tile_a4(const uint32_t *activations QMCU_IN_REGISTER,
                                             const uint32_t *stream QMCU_IN_REGISTER, int32_t sums[16] QMCU_IN_REGISTER)
{
    __asm__("push {r2, r4-r11, lr}\n"
            "sub sp, #8\n"
            "mov lr, r0\n"
            "mov r12, r1\n"
            "ldr r0, [r12], #4\n"
            "1:\n"
            "movw r4, #0x2000\n"
            "movt r4, #0x0800\n"
            "movw r5, #0x0200\n"
            "movt r5, #0x0080\n"
            "mov r6, r4\n"
            "mov r7, r5\n"
            "mov r8, r4\n"
            "mov r9, r5\n"
            "mov r10, r4\n"
            "mov r11, r5\n"
            "uxth r1, r0\n"
            "add r1, r12\n"
            "str r1, [sp]\n"
            "lsr r0, r0, #16\n"
            "add pc, r0\n"
            "nop\n"
            "2:\n"
            ".rept 8\n" SUM_VALUE ".endr\n"
            "ldr r0, [sp]\n"
            "cmp r12, r0\n"
            "bne 2b\n"
            "ldr r3, [sp, #8]\n" ADD_FIELDS("r4", "r5", "0", "8") ADD_FIELDS("r6", "r7", "16", "24")
                ADD_FIELDS("r8", "r9", "32", "40") ADD_FIELDS("r10", "r11", "48", "56")
            "ldr r0, [r12], #4\n"
            "cmp r0, #0\n"
            "bne 1b\n"
            "add sp, #8\n"
            "pop {r2, r4-r11, pc}\n");
}

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

uint32_t qmcu_segment_header(uint32_t values)
{
    return 8u * values;
}

/* A sum of which every field stands at 2^13. */
static const uint64_t fields_start = UINT64_C(0x0080020008002000);

static uint64_t multiply_add(uint64_t sum, uint32_t a, uint32_t b)
{
    return sum + (uint64_t)((int64_t)(int32_t)a * (int32_t)b);
}

static void add_fields(uint64_t fields, int32_t sums[4])
{
    sums[0] += (int32_t)(fields & 0x3FFFu);
    sums[1] += (int32_t)(fields >> 14 & 0x3FFFu);
    sums[2] += (int32_t)(fields >> 28 & 0x3FFFu);
    sums[3] += (int32_t)(fields >> 42);
}

void qmcu_sum_tile_a4(const uint32_t *activations, const uint32_t *stream, int32_t sums[16])
{
    for (uint32_t words = *stream++ / 4u; words > 0u; words = *stream++ / 4u) {
        uint64_t fields[4] = {fields_start, fields_start, fields_start, fields_start};
        for (const uint32_t *end = stream + words; stream < end; stream += 2, activations += 2) {
            fields[0] = multiply_add(fields[0], activations[0], stream[0]);
            fields[1] = multiply_add(fields[1], activations[0], stream[1]);
            fields[2] = multiply_add(fields[2], activations[1], stream[0]);
            fields[3] = multiply_add(fields[3], activations[1], stream[1]);
        }
        for (uint32_t i = 0; i < 4u; i++) {
            add_fields(fields[i], sums + 4u * i);
        }
    }
}

#endif

uint32_t *qmcu_expand_a4(uint32_t *words, const int8_t *weights, uint32_t count)
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
