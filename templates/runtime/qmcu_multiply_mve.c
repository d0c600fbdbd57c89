/* SPDX-License-Identifier: 0BSD */
#include "qmcu_multiply_mve.h"

enum { TILE_PIXELS = 2 };

/* Pairs of pixels on their way through some groups of four channels. The assembly knows the order of these fields. */
typedef struct {
    const int8_t *input;
    int32_t input_second, input_step;
    int8_t *output;
    int32_t output_second, output_step;
    int32_t pairs;
    const int32_t *stream;     /* of the first group */
    const int32_t *stream_end; /* behind the last one */
    uint32_t whole_blocks;     /* of 16 values, before the last block of a pixel */
    uint32_t last_values;      /* of the last block, 1 ... 16 */
    int32_t shift;             /* of a single rounding, negative: to the right */
    int32_t zero_point, min, max;
} pass;

#if QMCU_MVE

/* One block of values of both pixels, loaded by LOAD, with the weights of four channels. */
#define MULTIPLY_BLOCK(LOAD)                                                                                           \
    LOAD " q0, [r1], #16\n"                                                                                            \
    "vldrb.8 q2, [r9], #16\n"                                                                                          \
    "vmladava.s8 r0, q0, q2\n"                                                                                         \
    LOAD " q1, [r3], #16\n"                                                                                            \
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

/*
 * VMLADAVA wants its sums in even registers, of which there are just enough for a tile; the compiler would spill some. Sums of
 * the first pixel are in r0, r2, r4, r6, those of the second in r8, r10, r12, lr; r1 and r3 go through the values, r5 and r7
 * through the outputs, r9 through the stream. q4 has the shift, q5 the zero point, q6 and q7 the limits, P0 the values of the
 * last block. REQUANTIZE brings the sums in q0 and q1 to the scale of the output. At the stack pointer stand both pixels, the
 * whole blocks and the end of the stream; 80 bytes above, the address of the pass.
 */
#define MULTIPLY(REQUANTIZE)                                                                                           \
    __asm__("push {r0, r4-r11, lr}\n"                                                                                  \
            "vpush {d8-d15}\n"                                                                                         \
            "add r1, r0, #32\n"                                                                                        \
            "ldm r1, {r1-r7}\n"                                                                                        \
            "vctp.8 r3\n"                                                                                              \
            "vdup.32 q4, r4\n"                                                                                         \
            "vdup.32 q5, r5\n"                                                                                         \
            "vdup.32 q6, r6\n"                                                                                         \
            "vdup.32 q7, r7\n"                                                                                         \
            "sub sp, #16\n"                                                                                            \
            "strd r2, r1, [sp, #8]\n"                                                                                  \
            "1:\n"                                                                                                     \
            "ldm r0, {r1, r2, r3, r5, r7, r8, r11}\n"                                                                  \
            "ldr r9, [r0, #28]\n"                                                                                      \
            "add r3, r1\n"                                                                                             \
            "add r2, r1\n"                                                                                             \
            "strd r1, r2, [sp]\n"                                                                                      \
            "add r8, r5\n"                                                                                             \
            "add r7, r5\n"                                                                                             \
            "subs r11, #1\n"                                                                                           \
            "str r3, [r0]\n"                                                                                           \
            "str r8, [r0, #12]\n"                                                                                      \
            "str r11, [r0, #24]\n"                                                                                     \
            "2:\n"                                                                                                     \
            "ldm sp, {r1, r3, r11}\n"                                                                                  \
            "ldm r9, {r0, r2, r4, r6}\n"                                                                               \
            "ldm r9!, {r8, r10, r12, lr}\n"                                                                            \
            "cmp r11, #0\n"                                                                                            \
            "beq 4f\n"                                                                                                 \
            "3:\n" MULTIPLY_BLOCK("vldrb.8")                                                                           \
            "subs r11, #1\n"                                                                                           \
            "bne 3b\n"                                                                                                 \
            "4:\n" MULTIPLY_BLOCK("vpst\nvldrbt.u8")                                                                   \
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
            "bne 2b\n"                                                                                                 \
            "ldr r0, [sp, #80]\n"                                                                                      \
            "ldr r1, [r0, #24]\n"                                                                                      \
            "cmp r1, #0\n"                                                                                             \
            "bne 1b\n"                                                                                                 \
            "add sp, #16\n"                                                                                            \
            "vpop {d8-d15}\n"                                                                                          \
            "pop {r0, r4-r11, pc}\n")

#define ONCE                                                                                                           \
    "vmulh.s32 q0, q0, q2\n"                                                                                           \
    "vmulh.s32 q1, q1, q2\n"                                                                                           \
    "vrshl.s32 q0, q0, q4\n"                                                                                           \
    "vrshl.s32 q1, q1, q4\n"

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

static void multiply(pass *at)
{
    multiply_pass *const kernel = at->shift != 0               ? multiply_once
                                  : at->min < at->zero_point ? multiply_twice
                                                             : multiply_twice_cut_off;
    kernel(at);
}

#else

static int32_t weight_at(const int32_t *words, uint32_t byte)
{
    return (int8_t)((uint32_t)words[byte / 4u] >> 8u * (byte % 4u) & 0xFFu);
}

static void multiply_pixel(const pass *at, const int8_t *input, int8_t *output)
{
    const uint32_t values = 16u * at->whole_blocks + at->last_values;
    for (const int32_t *stream = at->stream; stream < at->stream_end; output += QMCU_TILE_CHANNELS) {
        const int32_t *weights = stream + 4, *multiplier = weights + 16u * (at->whole_blocks + 1u);
        const int32_t *shift = multiplier + 4;
        for (uint32_t channel = 0; channel < (uint32_t)QMCU_TILE_CHANNELS; channel++) {
            int32_t sum = stream[channel];
            for (uint32_t k = 0; k < values; k++) {
                sum += input[k] * weight_at(weights, k / 16u * 64u + 16u * channel + k % 16u);
            }
            sum = at->shift != 0 ? qmcu_scale_once_rounded(sum, multiplier[channel], -at->shift)
                                 : qmcu_scale_twice_rounded(sum, multiplier[channel], shift[channel]);
            output[channel] = (int8_t)qmcu_clamp(sum + at->zero_point, at->min, at->max);
        }
        stream = at->shift != 0 ? shift : shift + 4;
    }
}

static void multiply(pass *at)
{
    for (; at->pairs > 0; at->pairs--, at->input += at->input_step, at->output += at->output_step) {
        multiply_pixel(at, at->input, at->output);
        multiply_pixel(at, at->input + at->input_second, at->output + at->output_second);
    }
}

#endif

/* Fewer channels than a group has: the outputs of a pair are written aside first. */
static void multiply_few(pass *at, int8_t *to, int32_t channels)
{
    int8_t outputs[TILE_PIXELS * QMCU_TILE_CHANNELS];
    const int32_t second = at->output_second;
    at->output_second = QMCU_TILE_CHANNELS;
    for (int32_t left = at->pairs; left > 0; left--, to += at->output_step) {
        at->output = outputs;
        at->pairs = 1;
        multiply(at);
        for (int32_t i = 0; i < channels; i++) {
            to[i] = outputs[i];
            to[second + i] = outputs[QMCU_TILE_CHANNELS + i];
        }
    }
}

void qmcu_multiply_pairs(const qmcu_multiply_mve *constants, const qmcu_pixel_pairs *pairs)
{
    const int32_t channels = constants->channels, groups = channels / QMCU_TILE_CHANNELS;
    const uint32_t whole_blocks = (constants->values - 1u) / QMCU_BLOCK_VALUES;
    const uint32_t group_words =
        QMCU_TILE_CHANNELS * ((constants->single_shift != 0 ? 2u : 3u) + QMCU_BLOCK_VALUES / 4u * (whole_blocks + 1u));
    pass at = {
        .input = pairs->input,
        .input_second = pairs->input_second,
        .input_step = pairs->input_step,
        .output = pairs->output,
        .output_second = pairs->output_second,
        .output_step = pairs->output_step,
        .pairs = pairs->pairs,
        .stream = constants->stream,
        .stream_end = constants->stream + (uint32_t)groups * group_words,
        .whole_blocks = whole_blocks,
        .last_values = constants->values - QMCU_BLOCK_VALUES * whole_blocks,
        .shift = -constants->single_shift,
        .zero_point = constants->zero_point,
        .min = constants->min,
        .max = constants->max,
    };
    if (groups > 0) {
        multiply(&at);
    }
    if (channels % QMCU_TILE_CHANNELS == 0) {
        return;
    }
    at.stream = constants->stream + (uint32_t)groups * group_words;
    at.stream_end = at.stream + group_words;
    at.input = pairs->input;
    at.output = pairs->output + (channels - QMCU_TILE_CHANNELS);
    at.pairs = pairs->pairs;
    if (groups == 0) {
        multiply_few(&at, pairs->output, channels);
    } else {
        multiply(&at);
    }
}
