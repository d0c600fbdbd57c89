/* SPDX-License-Identifier: 0BSD */
#include "qmcu_sum_a4_dsp.h"

#include "qmcu_dsp.h"

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

/* Begins a segment, the header of which is in r0, and sums it up; its end is kept on the stack. */
#define SUM_SEGMENT                                                                                                    \
    "1:\n"                                                                                                             \
    "adr r1, 9f\n"                                                                                                     \
    "ldm r1, {r4-r11}\n"                                                                                               \
    "uxth r1, r0\n"                                                                                                    \
    "add r1, r12\n"                                                                                                    \
    "str r1, [sp]\n"                                                                                                   \
    "lsr r0, r0, #16\n"                                                                                                \
    "add pc, r0\n"                                                                                                     \
    "nop\n"                                                                                                            \
    "2:\n"                                                                                                             \
    ".rept 8\n" SUM_VALUE ".endr\n"                                                                                    \
    "ldr r0, [sp]\n"                                                                                                   \
    "cmp r12, r0\n"                                                                                                    \
    "bne 2b\n"

/* Four sums of which every field stands at 2^13. */
#define FIELDS_START                                                                                                   \
    ".align 2\n"                                                                                                       \
    "9:\n"                                                                                                             \
    ".rept 4\n"                                                                                                        \
    ".word 0x08002000, 0x00800200\n"                                                                                   \
    ".endr\n"

/* Adds the fields to the sums at r3. */
#define ADD_ALL_FIELDS                                                                                                 \
    ADD_FIELDS("r4", "r5", "0", "8")                                                                                   \
    ADD_FIELDS("r6", "r7", "16", "24")                                                                                 \
    ADD_FIELDS("r8", "r9", "32", "40")                                                                                 \
    ADD_FIELDS("r10", "r11", "48", "56")

__attribute__((naked)) const uint32_t *
qmcu_sum_tile_a4(const uint32_t *activations QMCU_IN_REGISTER, const uint32_t *stream QMCU_IN_REGISTER,
                 int32_t sums[16] QMCU_IN_REGISTER)
{
    __asm__("push {r2, r4-r11, lr}\n"
            "sub sp, #8\n"
            "mov lr, r0\n"
            "mov r12, r1\n"
            "ldr r0, [r12], #4\n" SUM_SEGMENT "ldr r3, [sp, #8]\n" ADD_ALL_FIELDS
            "ldr r0, [r12], #4\n"
            "cmp r0, #0\n"
            "bne 1b\n"
            "mov r0, lr\n"
            "add sp, #8\n"
            "pop {r2, r4-r11, pc}\n" FIELDS_START);
}

/* The four fields of a sum, two channels of two pixels, to two bytes of `low`. r12: what is added; lr: requantization. */
#define FINISH_FIELDS(low, high, at, behind)                                                                           \
    "lsr r0, " low ", #28\n"                                                                                           \
    "orr r0, r0, " high ", lsl #4\n"                                                                                   \
    "ubfx r0, r0, #0, #14\n"                                                                                           \
    "lsr " high ", " high ", #10\n"                                                                                    \
    "ubfx r1, " low ", #14, #14\n"                                                                                     \
    "ubfx " low ", " low ", #0, #14\n"                                                                                 \
    "ldrd r2, r3, [r12, #" at "]\n"                                                                                    \
    "add " low ", r2\n"                                                                                                \
    "add r1, r3\n"                                                                                                     \
    "ldrd r2, r3, [r12, #" behind "]\n"                                                                                \
    "add r0, r2\n"                                                                                                     \
    "add " high ", r3\n"                                                                                               \
    "ldrd r2, r3, [lr, #" at "]\n"                                                                                     \
    "smmla " low ", " low ", r2, r3\n"                                                                                 \
    "smmla r0, r0, r2, r3\n"                                                                                           \
    "ldrd r2, r3, [lr, #" behind "]\n"                                                                                 \
    "smmla r1, r1, r2, r3\n"                                                                                           \
    "smmla " high ", " high ", r2, r3\n"                                                                               \
    "usat " low ", #4, " low ", asr #1\n"                                                                              \
    "usat r0, #4, r0, asr #1\n"                                                                                        \
    "usat r1, #4, r1, asr #1\n"                                                                                        \
    "usat " high ", #4, " high ", asr #1\n"                                                                            \
    "orr " low ", r0, " low ", lsl #4\n"                                                                               \
    "orr r1, " high ", r1, lsl #4\n"                                                                                   \
    "orr " low ", " low ", r1, lsl #16\n"

/* On the stack, above the end of the segment. */
#define TILES "[sp, #4]"
#define ACTIVATIONS "[sp, #8]"
#define STREAM "[sp, #12]"
#define BLOCK "[sp, #16]"
#define PAIRS "[sp, #20]"

__attribute__((naked)) void qmcu_finish_tiles_a4(const uint32_t *activations QMCU_IN_REGISTER,
                                                 const uint32_t *stream QMCU_IN_REGISTER,
                                                 const qmcu_block_a4 *block QMCU_IN_REGISTER,
                                                 const qmcu_pair_a4 *pairs QMCU_IN_REGISTER)
{
    __asm__("push {r1-r11, lr}\n"
            "sub sp, #12\n"
            "mov lr, r0\n"
            "ldr r0, [r2, #16]\n"
            "str r0, " TILES "\n"
            "4:\n"
            "ldr r3, " BLOCK "\n"
            "ldr r0, [r3, #8]\n"
            "cbz r0, 5f\n"
            "ldr r1, [r3]\n"
            "ldm r1, {r4-r11}\n"
            "stm r0!, {r4-r11}\n"
            "stm r0!, {r4-r11}\n"
            "5:\n"
            "ldr r12, " STREAM "\n"
            "ldr r0, [r12], #4\n" SUM_SEGMENT "ldr r3, " BLOCK "\n"
            "ldr r0, [r12], #4\n"
            "cmp r0, #0\n"
            "beq 3f\n"
            "ldr r3, [r3, #8]\n" ADD_ALL_FIELDS
            "ldr r0, [r12, #-4]\n"
            "b 1b\n"
            "3:\n"
            "str lr, " ACTIVATIONS "\n"
            "ldm r3, {r2, lr}\n"
            "ldr r12, [r3, #8]\n"
            "cmp r12, #0\n"
            "it eq\n"
            "moveq r12, r2\n" FINISH_FIELDS("r4", "r5", "0", "8") FINISH_FIELDS("r6", "r7", "16", "24")
            "ldr r3, " BLOCK "\n"
            "ldr r2, [r3, #8]\n"
            "cbz r2, 6f\n"
            "add r12, #32\n"
            "6:\n" FINISH_FIELDS("r8", "r9", "0", "8") FINISH_FIELDS("r10", "r11", "16", "24")
            "ldr r3, " BLOCK "\n"
            "ldr r1, [r3, #12]\n"
            "ldr r0, " PAIRS "\n"
            "ldr r2, [r0], #8\n"
            "ldr r3, [r0], #8\n"
            "str r0, " PAIRS "\n"
            "orr r4, r4, r6, lsl #8\n"
            "orr r8, r8, r10, lsl #8\n"
            "str r4, [r2, r1]\n"
            "str r8, [r3, r1]\n"
            "ldrd r0, lr, " TILES "\n"
            "subs r0, #1\n"
            "str r0, " TILES "\n"
            "bne 4b\n"
            "add sp, #24\n"
            "pop {r4-r11, pc}\n" FIELDS_START);
}

#else

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

/* The fields of one segment, which begins behind its header, of `words` words. */
static void sum_segment(const uint32_t *activations, const uint32_t *stream, uint32_t words, uint64_t fields[4])
{
    for (uint32_t i = 0; i < 4u; i++) {
        fields[i] = fields_start;
    }
    for (uint32_t i = 0; i < words; i += 2u) {
        fields[0] = multiply_add(fields[0], activations[i], stream[i]);
        fields[1] = multiply_add(fields[1], activations[i], stream[i + 1u]);
        fields[2] = multiply_add(fields[2], activations[i + 1u], stream[i]);
        fields[3] = multiply_add(fields[3], activations[i + 1u], stream[i + 1u]);
    }
}

const uint32_t *qmcu_sum_tile_a4(const uint32_t *activations, const uint32_t *stream, int32_t sums[16])
{
    for (uint32_t words = *stream / 4u; words > 0u; words = *stream / 4u) {
        uint64_t fields[4];
        sum_segment(activations, stream + 1, words, fields);
        for (uint32_t i = 0; i < 4u; i++) {
            add_fields(fields[i], sums + 4u * i);
        }
        activations += words;
        stream += 1u + words;
    }
    return activations;
}

static uint32_t finish_sum(int32_t sum, const int32_t requant[2])
{
    const int32_t value = (requant[1] + (int32_t)(((int64_t)sum * requant[0]) >> 32)) >> 1;
    return value < 0 ? 0u : value > 15 ? 15u : (uint32_t)value;
}

void qmcu_finish_tiles_a4(const uint32_t *activations, const uint32_t *stream, const qmcu_block_a4 *block,
                          const qmcu_pair_a4 *pairs)
{
    for (uint32_t tile = 0; tile < block->tiles; tile++) {
        int32_t sums[16];
        for (uint32_t i = 0; i < 16u; i++) {
            sums[i] = block->sums[i & 7u];
        }
        activations = qmcu_sum_tile_a4(activations, stream, sums);
        for (uint32_t i = 0; i < 2u; i++, pairs++) {
            const int32_t *own = sums + 8u * i, *requant = block->requant;
            const uint32_t c0 = finish_sum(own[0], requant) << 4 | finish_sum(own[2], requant);
            const uint32_t c2 = finish_sum(own[1], requant + 2) << 4 | finish_sum(own[3], requant + 2);
            const uint32_t c1 = finish_sum(own[4], requant + 4) << 4 | finish_sum(own[6], requant + 4);
            const uint32_t c3 = finish_sum(own[5], requant + 6) << 4 | finish_sum(own[7], requant + 6);
            qmcu_store_word((int8_t *)pairs->bytes + block->first, c0 | c1 << 8 | c2 << 16 | c3 << 24);
        }
    }
}

#endif
