/* SPDX-License-Identifier: 0BSD */
#include "qmcu_multiply_mve.h"

enum { TILE_PIXELS = 2, UNROLLED = 4, BLOCK_CODE_BYTES = 56 };

/* Pairs of pixels on their way through some groups of four channels. The assembly knows the order of these fields. */
typedef struct {
    const int8_t *input, *input_second;   /* the pixels of the first pair */
    uint32_t rounds;                      /* of UNROLLED blocks of 16 values, the first one cut short */
    const int32_t *stream_end;            /* behind the last group */
    uint32_t skipped;                     /* bytes of code that the first round leaves out */
    int32_t input_rest, output_rest;      /* from where a pair ends to where the next one begins */
    int32_t pairs;
    const int32_t *stream;                /* of the first group */
    int8_t *output, *output_second;
    int32_t zero_point, min, max;
    uint32_t last_values; /* of the last block, which is in no round: 1 ... 16 */
} pass;

#if QMCU_MVE

/* What a block of both pixels, in q0 and q1, comes to with the weights of four channels. */
#define MULTIPLY_BLOCK                                                                                                 \
    "vldrb.8 q2, [r9], #16\n"                                                                                          \
    "vmladava.s8 r0, q0, q2\n"                                                                                         \
    "vmladava.s8 r8, q1, q2\n"                                                                                         \
    "vldrb.8 q3, [r9], #16\n"                                                                                          \
    "vmladava.s8 r2, q0, q3\n"                                                                                         \
    "vmladava.s8 r10, q1, q3\n"                                                                                        \
    "vldrb.8 q2, [r9], #16\n"                                                                                          \
    "vmladava.s8 r4, q0, q2\n"                                                                                         \
    "vmladava.s8 r12, q1, q2\n"                                                                                        \
    "vldrb.8 q3, [r9], #16\n"                                                                                          \
    "vmladava.s8 r6, q0, q3\n"                                                                                         \
    "vmladava.s8 lr, q1, q3\n"
#define WHOLE_BLOCK                                                                                                    \
    "vldrb.8 q0, [r1], #16\n"                                                                                          \
    "vldrb.8 q1, [r3], #16\n" MULTIPLY_BLOCK

/*
 * VMLADAVA wants its sums in even registers, of which there are just enough for a tile; the compiler would spill some. Sums of
 * the first pixel are in r0, r2, r4, r6, those of the second in r8, r10, r12, lr; r1 and r3 go through the values, r5 and r7
 * through the outputs, r9 through the stream. q5 has the zero point, q6 and q7 the limits, P0 the values of the last block.
 * REQUANTIZE brings the sums in q0 and q1 to the scale of the output. At the stack pointer stand the first nine fields of the
 * pass, in place of `skipped` the address of the code where a tile begins.
 */
#define MULTIPLY(REQUANTIZE)                                                                                           \
    __asm__("push {r4-r11, lr}\n"                                                                                      \
            "vpush {d8-d15}\n"                                                                                         \
            "ldm r0!, {r1-r9}\n"                                                                                       \
            "adr.w r10, 3f\n"                                                                                          \
            "add r10, r5\n"                                                                                            \
            "cmp r3, #0\n"                                                                                             \
            "bne 0f\n"                                                                                                 \
            "adr.w r10, 4f\n"                                                                                          \
            "0:\n"                                                                                                     \
            "orr r5, r10, #1\n"                                                                                        \
            "push {r1-r9}\n"                                                                                           \
            "ldm r0, {r5, r7, r8, r10, r11, r12}\n"                                                                    \
            "vdup.32 q5, r8\n"                                                                                         \
            "vdup.32 q6, r10\n"                                                                                        \
            "vdup.32 q7, r11\n"                                                                                        \
            "vctp.8 r12\n"                                                                                             \
            "1:\n"                                                                                                     \
            "ldm sp, {r1, r3, r11}\n"                                                                                  \
            "ldm r9, {r0, r2, r4, r6}\n"                                                                               \
            "ldm r9!, {r8, r10, r12, lr}\n"                                                                            \
            "ldr pc, [sp, #16]\n"                                                                                      \
            "3:\n" WHOLE_BLOCK WHOLE_BLOCK WHOLE_BLOCK WHOLE_BLOCK                                                     \
            "subs r11, #1\n"                                                                                           \
            "bne 3b\n"                                                                                                 \
            "4:\n"                                                                                                     \
            "vpstt\n"                                                                                                  \
            "vldrbt.u8 q0, [r1]\n"                                                                                     \
            "vldrbt.u8 q1, [r3]\n" MULTIPLY_BLOCK                                                                      \
            "vldrw.32 q2, [r9], #16\n"                                                                                 \
            "vmov q0[2], q0[0], r0, r4\n"                                                                              \
            "vmov q0[3], q0[1], r2, r6\n"                                                                              \
            "vmov q1[2], q1[0], r8, r12\n"                                                                             \
            "vmov q1[3], q1[1], r10, lr\n"                                                                             \
            REQUANTIZE                                                                                                 \
            "vadd.i32 q0, q0, q5\n"                                                                                    \
            "vadd.i32 q1, q1, q5\n"                                                                                    \
            "vmax.s32 q0, q0, q6\n"                                                                                    \
            "vmax.s32 q1, q1, q6\n"                                                                                    \
            "vmin.s32 q0, q0, q7\n"                                                                                    \
            "vmin.s32 q1, q1, q7\n"                                                                                    \
            "ldr r11, [sp, #12]\n"                                                                                     \
            "vstrb.32 q0, [r5], #4\n"                                                                                  \
            "vstrb.32 q1, [r7], #4\n"                                                                                  \
            "cmp r9, r11\n"                                                                                            \
            "bne 1b\n"                                                                                                 \
            "add r12, sp, #20\n"                                                                                       \
            "ldm r12, {r0, r2, r4, r9}\n"                                                                              \
            "add r1, r0\n"                                                                                             \
            "add r3, r0\n"                                                                                             \
            "add r5, r2\n"                                                                                             \
            "add r7, r2\n"                                                                                             \
            "strd r1, r3, [sp]\n"                                                                                      \
            "subs r4, #1\n"                                                                                            \
            "str r4, [sp, #28]\n"                                                                                      \
            "bne 1b\n"                                                                                                 \
            "add sp, #36\n"                                                                                            \
            "vpop {d8-d15}\n"                                                                                          \
            "pop {r4-r11, pc}\n")

#define ONCE                                                                                                           \
    "vrmulh.s32 q0, q0, q2\n"                                                                                          \
    "vrmulh.s32 q1, q1, q2\n"

/* VRSHL rounds halves upwards; one less for negative values, halves go away from zero. */
#define TWICE                                                                                                          \
    "vqrdmulh.s32 q0, q0, q2\n"                                                                                        \
    "vqrdmulh.s32 q1, q1, q2\n"                                                                                        \
    "vshr.s32 q2, q0, #31\n"                                                                                           \
    "vshr.s32 q3, q1, #31\n"                                                                                           \
    "vadd.i32 q0, q0, q2\n"                                                                                            \
    "vadd.i32 q1, q1, q3\n"                                                                                            \
    "vldrw.32 q2, [r9], #16\n"                                                                                         \
    "vrshl.s32 q0, q0, q2\n"                                                                                           \
    "vrshl.s32 q1, q1, q2\n"

/* The same where negative values are cut off, so that it does not matter how these are rounded. */
#define TWICE_CUT_OFF                                                                                                  \
    "vqrdmulh.s32 q0, q0, q2\n"                                                                                        \
    "vqrdmulh.s32 q1, q1, q2\n"                                                                                        \
    "vldrw.32 q2, [r9], #16\n"                                                                                         \
    "vrshl.s32 q0, q0, q2\n"                                                                                           \
    "vrshl.s32 q1, q1, q2\n"

typedef void multiply_pass(pass *at);

__attribute__((naked, noinline)) static void multiply_once(pass *at __attribute__((unused)))
{
    MULTIPLY(ONCE);
}

__attribute__((naked, noinline)) static void multiply_twice(pass *at __attribute__((unused)))
{
    MULTIPLY(TWICE);
}

__attribute__((naked, noinline)) static void multiply_twice_cut_off(pass *at __attribute__((unused)))
{
    MULTIPLY(TWICE_CUT_OFF);
}

static void multiply(const qmcu_multiply_mve *constants, pass *at)
{
    multiply_pass *const kernel = !constants->rounds_twice   ? multiply_once
                                  : at->min < at->zero_point ? multiply_twice
                                                             : multiply_twice_cut_off;
    kernel(at);
}

#else

static int32_t weight_at(const int32_t *words, uint32_t byte)
{
    return (int8_t)((uint32_t)words[byte / 4u] >> 8u * (byte % 4u) & 0xFFu);
}

/* Returns the number of its outputs. */
static int32_t multiply_pixel(const qmcu_multiply_mve *constants, const pass *at, const int8_t *input, int8_t *output)
{
    const int8_t *const first = output;
    const uint32_t values = constants->values, blocks = (values + 15u) / 16u;
    for (const int32_t *stream = at->stream; stream < at->stream_end; output += QMCU_TILE_CHANNELS) {
        const int32_t *weights = stream + 4, *multiplier = weights + 16u * blocks, *shift = multiplier + 4;
        for (uint32_t channel = 0; channel < (uint32_t)QMCU_TILE_CHANNELS; channel++) {
            int32_t sum = stream[channel];
            for (uint32_t k = 0; k < values; k++) {
                sum += input[k] * weight_at(weights, k / 16u * 64u + 16u * channel + k % 16u);
            }
            sum = constants->rounds_twice ? qmcu_scale_twice_rounded(sum, multiplier[channel], shift[channel])
                                          : qmcu_scale_by_high_word(sum, multiplier[channel]);
            output[channel] = (int8_t)qmcu_clamp(sum + at->zero_point, at->min, at->max);
        }
        stream = constants->rounds_twice ? shift + 4 : shift;
    }
    return (int32_t)(output - first);
}

/* The assembly leaves out what it has gone through of a pair where it goes on to the next. */
static void multiply(const qmcu_multiply_mve *constants, pass *at)
{
    const int32_t gone = (int32_t)((constants->values - 1u) / 16u * 16u);
    for (; at->pairs > 0; at->pairs--) {
        const int32_t written = multiply_pixel(constants, at, at->input, at->output);
        multiply_pixel(constants, at, at->input_second, at->output_second);
        at->input += gone + at->input_rest;
        at->input_second += gone + at->input_rest;
        at->output += written + at->output_rest;
        at->output_second += written + at->output_rest;
    }
}

#endif

/* Begins with the groups from `first` on; their outputs are written to `output` and `output_second`. */
static pass begin(const qmcu_multiply_mve *constants, const qmcu_pixel_pairs *pairs, int32_t first, int32_t groups)
{
    const uint32_t whole_blocks = (constants->values - 1u) / QMCU_BLOCK_VALUES;
    const uint32_t group_words = QMCU_TILE_CHANNELS * ((constants->rounds_twice ? 3u : 2u) +
                                                       QMCU_BLOCK_VALUES / 4u * (whole_blocks + 1u));
    const int32_t *stream = constants->stream + (uint32_t)first * group_words;
    const pass at = {
        .input = pairs->input,
        .input_second = pairs->input + pairs->input_second,
        .rounds = (whole_blocks + UNROLLED - 1u) / UNROLLED,
        .stream_end = stream + (uint32_t)groups * group_words,
        .skipped = (UNROLLED - whole_blocks % UNROLLED) % UNROLLED * BLOCK_CODE_BYTES,
        .input_rest = pairs->input_step - (int32_t)(QMCU_BLOCK_VALUES * whole_blocks),
        .output_rest = pairs->output_step - QMCU_TILE_CHANNELS * groups,
        .pairs = pairs->pairs,
        .stream = stream,
        .output = pairs->output,
        .output_second = pairs->output + pairs->output_second,
        .zero_point = constants->zero_point,
        .min = constants->min,
        .max = constants->max,
        .last_values = constants->values - QMCU_BLOCK_VALUES * whole_blocks,
    };
    return at;
}

/* Fewer channels than a group has: the outputs of a pair are written aside first. */
static void multiply_few(const qmcu_multiply_mve *constants, qmcu_pixel_pairs pairs)
{
    int8_t outputs[TILE_PIXELS * QMCU_TILE_CHANNELS], *to = pairs.output;
    const int32_t second = pairs.output_second;
    int32_t left = pairs.pairs;
    pairs.output = outputs;
    pairs.output_second = QMCU_TILE_CHANNELS;
    pairs.pairs = 1;
    for (; left > 0; left--, to += pairs.output_step, pairs.input += pairs.input_step) {
        pass at = begin(constants, &pairs, 0, 1);
        multiply(constants, &at);
        for (int32_t i = 0; i < constants->channels; i++) {
            to[i] = outputs[i];
            to[second + i] = outputs[QMCU_TILE_CHANNELS + i];
        }
    }
}

void qmcu_multiply_pairs(const qmcu_multiply_mve *constants, const qmcu_pixel_pairs *pairs)
{
    const int32_t channels = constants->channels, groups = channels / QMCU_TILE_CHANNELS;
    if (groups == 0) {
        multiply_few(constants, *pairs);
        return;
    }
    pass at = begin(constants, pairs, 0, groups);
    multiply(constants, &at);
    if (channels % QMCU_TILE_CHANNELS != 0) {
        at = begin(constants, pairs, groups, 1);
        at.output += channels - QMCU_TILE_CHANNELS;
        at.output_second += channels - QMCU_TILE_CHANNELS;
        multiply(constants, &at);
    }
}
