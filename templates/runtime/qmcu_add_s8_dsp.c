/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_s8_dsp.h"

#include "qmcu_dsp.h"

/*
 * (value * raise + start) * multiplier / 2^32, rounded, then divided by 2^shift, halves away from zero. `half` is that of the
 * second division, to which something may be added; the shift is 1 or more.
 */
typedef struct {
    int32_t raise, start;
    int32_t multiplier;
    int32_t half;
    int32_t shift;
} scaling;

/* From stored values of both inputs to their common scale, and from there to stored values, which are raised by 128. */
typedef struct {
    scaling input[2];
    scaling output;
} scalings;

/* Of an input. One that is halved has nothing to round: raised once more, it can be shifted by 1. */
static scaling input_scaling(const qmcu_add_s8_dsp_layer *layer, int32_t which)
{
    const int32_t shift = layer->input_shift[which] == 0 ? 1 : -layer->input_shift[which];
    const int32_t raise = 1 << (layer->left_shift + 1 + (layer->input_shift[which] == 0));
    const scaling result = {
        .raise = raise,
        .start = -layer->input_zero_point[which] * raise,
        .multiplier = layer->input_multiplier[which],
        .half = 1 << (shift - 1),
        .shift = shift,
    };
    return result;
}

static scaling output_scaling(const qmcu_add_s8_dsp_layer *layer)
{
    const int32_t shift = -layer->output_shift;
    const scaling result = {
        .raise = 2,
        .start = 0,
        .multiplier = layer->output_multiplier,
        .half = (1 << (shift - 1)) + (layer->output_zero_point + 128) * (1 << shift),
        .shift = shift,
    };
    return result;
}

static int32_t scale(const scaling *by, int32_t value)
{
    const int32_t raised = value * by->raise + by->start;
    return qmcu_multiply_high_rounded(by->half - (raised < 0), raised, by->multiplier) >> by->shift;
}

static int8_t add(const scalings *by, int8_t a, int8_t b)
{
    const int32_t sum = scale(&by->input[0], a) + scale(&by->input[1], b);
    return qmcu_saturate(scale(&by->output, sum) - 128);
}

/* `count` times four values. */
#if QMCU_DSP_ASSEMBLY

/* The scalings are on the stack, above them the output and the count. r4 ... r8: raise, start, multiplier, half and shift of an input; r3: half, less 1 below zero. */
#define SCALE(value)                                                                                                   \
    "mla " value ", " value ", r4, r5\n"                                                                               \
    "add r3, r7, " value ", asr #31\n"                                                                                 \
    "smmlar " value ", " value ", r6, r3\n"                                                                            \
    "asr " value ", " value ", r8\n"
#define ADD_SCALED(sum, byte)                                                                                          \
    byte SCALE("r2") "add " sum ", " sum ", r2\n"
#define SCALE_SUM(sum)                                                                                                 \
    "lsl " sum ", " sum ", #1\n"                                                                                       \
    "add r3, r7, " sum ", asr #31\n"                                                                                   \
    "smmlar " sum ", " sum ", r6, r3\n"                                                                                \
    "asr " sum ", " sum ", r8\n"                                                                                       \
    "usat " sum ", #8, " sum "\n"

__attribute__((naked, noinline)) static void add_words(const scalings *by QMCU_IN_REGISTER,
                                                       const int8_t *a QMCU_IN_REGISTER,
                                                       const int8_t *b QMCU_IN_REGISTER,
                                                       int8_t *output QMCU_IN_REGISTER,
                                                       uint32_t count QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "ldr r12, [sp, #36]\n"
            "push {r3, r12}\n" /* output, count */
            "sub sp, #60\n"
            "ldm r0!, {r4-r11}\n"
            "stm sp, {r4-r11}\n"
            "ldm r0, {r4-r10}\n"
            "add r0, sp, #32\n"
            "stm r0, {r4-r10}\n"
            "mov r0, r1\n"
            "mov r1, r2\n"
            "1:\n"
            "ldr r12, [r0], #4\n"
            "ldm sp, {r4-r8}\n"
            "sxtb r9, r12\n"
            "sxtb r10, r12, ror #8\n"
            "sxtb r11, r12, ror #16\n"
            "asr r12, r12, #24\n" SCALE("r9") SCALE("r10") SCALE("r11") SCALE("r12")
            "ldr lr, [r1], #4\n"
            "ldrd r4, r5, [sp, #20]\n"
            "ldrd r6, r7, [sp, #28]\n"
            "ldr r8, [sp, #36]\n"
            ADD_SCALED("r9", "sxtb r2, lr\n")
            ADD_SCALED("r10", "sxtb r2, lr, ror #8\n")
            ADD_SCALED("r11", "sxtb r2, lr, ror #16\n")
            ADD_SCALED("r12", "asr r2, lr, #24\n")
            "ldrd r6, r7, [sp, #48]\n"
            "ldr r8, [sp, #56]\n"
            SCALE_SUM("r9") SCALE_SUM("r10") SCALE_SUM("r11") SCALE_SUM("r12")
            "ldrd r2, r3, [sp, #60]\n"
            "orr r9, r9, r10, lsl #8\n"
            "orr r9, r9, r11, lsl #16\n"
            "orr r9, r9, r12, lsl #24\n"
            "eor r9, r9, #0x80808080\n"
            "str r9, [r2], #4\n"
            "subs r3, #1\n"
            "strd r2, r3, [sp, #60]\n"
            "bne 1b\n"
            "add sp, #68\n"
            "pop {r4-r11, pc}\n");
}

#else

static void add_words(const scalings *by, const int8_t *a, const int8_t *b, int8_t *output, uint32_t count)
{
    for (uint32_t i = 0; i < 4u * count; i++) {
        output[i] = add(by, a[i], b[i]);
    }
}

#endif

static void add_values(const scalings *by, const int8_t *a, const int8_t *b, int8_t *output, uint32_t count)
{
    if (count >= 4u) {
        add_words(by, a, b, output, count / 4u);
    }
    for (uint32_t i = count & ~3u; i < count; i++) {
        output[i] = add(by, a[i], b[i]);
    }
}

void qmcu_add_s8_dsp(const qmcu_add_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const uint32_t count = (uint32_t)(rect->x1 - rect->x0) * layer->output.channels;
    const scalings by = {{input_scaling(layer, 0), input_scaling(layer, 1)}, output_scaling(layer)};
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        add_values(&by, a, b, output, count);
        qmcu_clamp_values(output, count, layer->min, layer->max);
    }
}
