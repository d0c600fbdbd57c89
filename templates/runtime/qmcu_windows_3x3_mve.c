/* SPDX-License-Identifier: 0BSD */
#include "qmcu_windows_3x3_mve.h"

#include "qmcu_mve.h"
#include "qmcu_requant.h"

#if QMCU_MVE

/* At stride 1 a load holds the windows of two columns by two rows, which the same weights meet one and four bytes later. */
#define WEIGHTS_1                                                                                                      \
    "ldr r2, [sp, #24]\n"                                                                                              \
    "vldrb.8 q4, [r9, #5]\n"                                                                                           \
    "vldrb.8 q6, [r9, #1]\n"                                                                                           \
    "add r2, r9\n"                                                                                                     \
    "vldrb.8 q5, [r2, #4]\n"                                                                                           \
    "vldrb.8 q7, [r2]\n"
#define SUMS_1(X)                                                                                                      \
    "vldrb.8 " X ", [r1], #8\n"                                                                                        \
    "vmladav.s8 r0, " X ", q4\n"                                                                                       \
    "vmladav.s8 r2, " X ", q6\n"                                                                                       \
    "vmladav.s8 r4, " X ", q5\n"                                                                                       \
    "vmladav.s8 r6, " X ", q7\n"
#define REST_LANES_1                                                                                                   \
    "vmov q0[2], q0[0], r0, r2\n"                                                                                      \
    "vmov q0[3], q0[1], r4, r6\n"

/* At stride 2 it holds one window. */
#define WEIGHTS_2 "vldrb.8 q4, [r9, #5]\n"
#define SUM_2(SUM, X)                                                                                                  \
    "vldrb.8 " X ", [r1], #8\n"                                                                                        \
    "vmladav.s8 " SUM ", " X ", q4\n"
#define SUMS_2(X) SUM_2("r0", X) SUM_2("r2", X) SUM_2("r4", X) SUM_2("r6", X)
#define LANES(X)                                                                                                       \
    "vmov " X "[2], " X "[0], r0, r4\n"                                                                                \
    "vmov " X "[3], " X "[1], r2, r6\n"

#define CONSTANTS_ONCE                                                                                                 \
    "ldm r10!, {r5, r11}\n"                                                                                            \
    "vdup.32 q3, r11\n"
#define ONCE(X) "vrmulh.s32 " X ", " X ", q3\n"

#define CONSTANTS_TWICE "ldm r10!, {r5, r11, r12}\n"
/* VRSHL rounds halves upwards; one less for negative values, halves go away from zero. */
#define TWICE(X)                                                                                                       \
    "vqrdmulh.s32 " X ", " X ", r11\n"                                                                                 \
    "vshr.s32 q3, " X ", #31\n"                                                                                        \
    "vadd.i32 " X ", " X ", q3\n"                                                                                      \
    "vrshl.s32 " X ", r12\n"
#define TWICE_CUT_OFF(X)                                                                                               \
    "vqrdmulh.s32 " X ", " X ", r11\n"                                                                                 \
    "vrshl.s32 " X ", r12\n"

/*
 * Sums are in r0, r2, r4 and r6; r1 goes through a plane, r3 through the outputs, r9 through the weights, r10 through the
 * constants. r5 has the bias, r11 and r12 multiplier and shift, r7 the zero point, r8 what a step takes of the output, q2 the
 * places of its outputs, q3 the multiplier or nothing, q4 to q7 the weights. The first seven fields stand at the stack pointer,
 * then the address of rest_places.
 */
#define COMPUTE(WEIGHTS, SUMS, REST_LANES, CONSTANTS, ROUND)                                                           \
    __asm__("push {r4-r11, lr}\n"                                                                                      \
            "vpush {d8-d15}\n"                                                                                         \
            "add r8, r0, #60\n"                                                                                        \
            "ldm r0!, {r1-r7}\n"                                                                                       \
            "push {r1-r8}\n"                                                                                           \
            "ldm r0!, {r9, r10}\n"                                                                                     \
            "ldm r0!, {r7, r8}\n"                                                                                      \
            "vldrh.16 q2, [r0]\n"                                                                                      \
            "1:\n"                                                                                                     \
            "ldrd r1, r3, [sp]\n"                                                                                      \
            "ldrd r4, r6, [sp, #8]\n"                                                                                  \
            "add r4, r1\n"                                                                                             \
            "add r2, r3, #1\n"                                                                                         \
            "strd r4, r2, [sp]\n" WEIGHTS                                                                              \
            "add r9, #16\n" CONSTANTS                                                                                  \
            "wls lr, r6, 3f\n"                                                                                         \
            "2:\n" SUMS("q0") LANES("q0") SUMS("q1")                                                                   \
            "vadd.i32 q0, q0, r5\n" LANES("q1")                                                                        \
            "vadd.i32 q1, q1, r5\n" ROUND("q0") ROUND("q1")                                                            \
            "vqmovnb.s32 q0, q0\n"                                                                                     \
            "vqmovnt.s32 q0, q1\n"                                                                                     \
            "vqadd.s16 q0, q0, r7\n"                                                                                   \
            "vqmovnb.s16 q0, q0\n"                                                                                     \
            "vstrb.16 q0, [r3, q2]\n"                                                                                  \
            "add r3, r8\n"                                                                                             \
            "le lr, 2b\n"                                                                                              \
            "3:\n"                                                                                                     \
            "ldr lr, [sp, #16]\n"                                                                                      \
            "cmp lr, #0\n"                                                                                             \
            "ble 5f\n"                                                                                                 \
            "ldr r0, [sp, #28]\n"                                                                                      \
            "vldrw.32 q1, [r0]\n"                                                                                      \
            "4:\n" SUMS("q0") REST_LANES                                                                               \
            "vadd.i32 q0, q0, r5\n" ROUND("q0")                                                                        \
            "vqmovnb.s32 q0, q0\n"                                                                                     \
            "vqadd.s16 q0, q0, r7\n"                                                                                   \
            "vqmovnb.s16 q0, q0\n"                                                                                     \
            "vctp.32 lr\n"                                                                                             \
            "vpst\n"                                                                                                   \
            "vstrbt.32 q0, [r3, q1]\n"                                                                                 \
            "add r3, r3, r8, lsr #1\n"                                                                                 \
            "subs lr, #4\n"                                                                                            \
            "bgt 4b\n"                                                                                                 \
            "5:\n"                                                                                                     \
            "ldr r0, [sp, #20]\n"                                                                                      \
            "subs r0, #1\n"                                                                                            \
            "str r0, [sp, #20]\n"                                                                                      \
            "bne 1b\n"                                                                                                 \
            "add sp, #32\n"                                                                                            \
            "vpop {d8-d15}\n"                                                                                          \
            "pop {r4-r11, pc}\n")

#define DEFINE(NAME, WEIGHTS, SUMS, REST_LANES, CONSTANTS, ROUND)                                                      \
    __attribute__((naked, noinline)) void NAME(qmcu_windows_3x3 *at __attribute__((unused)))                          \
    {                                                                                                                  \
        COMPUTE(WEIGHTS, SUMS, REST_LANES, CONSTANTS, ROUND);                                                          \
    }

DEFINE(qmcu_windows_1_once, WEIGHTS_1, SUMS_1, REST_LANES_1, CONSTANTS_ONCE, ONCE)
DEFINE(qmcu_windows_1_twice, WEIGHTS_1, SUMS_1, REST_LANES_1, CONSTANTS_TWICE, TWICE)
DEFINE(qmcu_windows_1_twice_cut_off, WEIGHTS_1, SUMS_1, REST_LANES_1, CONSTANTS_TWICE, TWICE_CUT_OFF)
DEFINE(qmcu_windows_2_once, WEIGHTS_2, SUMS_2, LANES("q0"), CONSTANTS_ONCE, ONCE)
DEFINE(qmcu_windows_2_twice, WEIGHTS_2, SUMS_2, LANES("q0"), CONSTANTS_TWICE, TWICE)
DEFINE(qmcu_windows_2_twice_cut_off, WEIGHTS_2, SUMS_2, LANES("q0"), CONSTANTS_TWICE, TWICE_CUT_OFF)

#else

static int8_t output_of(const qmcu_windows_3x3 *at, const int32_t *constants, int32_t sum, int twice)
{
    sum += constants[0];
    sum = twice ? qmcu_scale_twice_rounded(sum, constants[1], constants[2])
                : qmcu_scale_by_high_word(sum, constants[1]);
    return (int8_t)qmcu_clamp(sum + at->zero_point, -128, 127);
}

/* The outputs of one row of a channel: `step` bytes of the plane from one window to the next. */
static void compute_row(const qmcu_windows_3x3 *at, const int8_t *weights, const int32_t *constants, const int8_t *plane,
                        int8_t *output, int32_t columns, int32_t step, int32_t pixel_bytes, int twice)
{
    for (; columns > 0; columns--, plane += step, output += pixel_bytes) {
        int32_t sum = 0;
        for (int32_t tap = 0; tap < 11; tap++) {
            sum += plane[tap] * weights[5 + tap];
        }
        *output = output_of(at, constants, sum, twice);
    }
}

static void compute_1(qmcu_windows_3x3 *at, int twice)
{
    const int32_t rows = at->only_row ? 1 : 2;
    const int32_t columns = 4 * at->steps + at->rest / 2;
    for (int32_t channel = 0; channel < at->channels; channel++) {
        for (int32_t row = 0; row < rows; row++) {
            compute_row(at, at->weights + 16 * channel, at->constants + (twice ? 3 : 2) * channel,
                        at->plane + channel * at->plane_bytes + row,
                        at->output + channel + (int32_t)(row == 0 ? 0u : at->rest_places[1]), columns, 4,
                        at->step_bytes / 4, twice);
        }
    }
}

static void compute_2(qmcu_windows_3x3 *at, int twice)
{
    for (int32_t channel = 0; channel < at->channels; channel++) {
        compute_row(at, at->weights + 16 * channel, at->constants + (twice ? 3 : 2) * channel,
                    at->plane + channel * at->plane_bytes, at->output + channel, 8 * at->steps + at->rest, 8,
                    at->step_bytes / 8, twice);
    }
}

void qmcu_windows_1_once(qmcu_windows_3x3 *at)
{
    compute_1(at, 0);
}

void qmcu_windows_1_twice(qmcu_windows_3x3 *at)
{
    compute_1(at, 1);
}

void qmcu_windows_1_twice_cut_off(qmcu_windows_3x3 *at)
{
    compute_1(at, 1);
}

void qmcu_windows_2_once(qmcu_windows_3x3 *at)
{
    compute_2(at, 0);
}

void qmcu_windows_2_twice(qmcu_windows_3x3 *at)
{
    compute_2(at, 1);
}

void qmcu_windows_2_twice_cut_off(qmcu_windows_3x3 *at)
{
    compute_2(at, 1);
}

#endif
