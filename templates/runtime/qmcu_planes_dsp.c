/* SPDX-License-Identifier: 0BSD */
#include "qmcu_planes_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* The constants of a channel but for the weights, and the geometry, on the stack. */
#define BIAS "[sp, #0]"
#define MULTIPLIER "[sp, #8]"
#define ROUNDING "[sp, #12]"
#define SHIFT "[sp, #16]"
#define SPAN "[sp, #20]"
#define ODD "[sp, #24]"
#define ROWS "[sp, #28]"
#define PLANE_ADVANCE "[sp, #32]"
#define OUTPUT_ADVANCE "[sp, #36]"

/* Offsets of the kernel's rows in a plane, the second and the third from a pointer that is one step further. */
#define ROW_1 "#288"
#define ROW_2 "#576"
#define ROW_1_AFTER_4 "#284"
#define ROW_2_AFTER_4 "#572"
#define ROW_1_AFTER_8 "#280"
#define ROW_2_AFTER_8 "#568"

/* r0: plane, r1 ... r6: weights, r9, r10: sums, r11: output, r12: bytes between pixels, lr: end of the row. */
#define BEGIN                                                                                                          \
    "push {r4-r11, lr}\n"                                                                                              \
    "ldm r3, {r7-r12}\n"                                                                                               \
    "push {r7-r11}\n"                                                                                                  \
    "mov r11, r1\n"                                                                                                    \
    "add lr, r2, #24\n"                                                                                                \
    "ldm r2, {r1-r6}\n"                                                                                                \
    "ldm lr, {r7-r10, lr}\n"                                                                                           \
    "push {r7-r10, lr}\n"                                                                                              \
    "1:\n"                                                                                                             \
    "ldr r7, " SPAN "\n"                                                                                               \
    "add lr, r0, r7\n"                                                                                                 \
    "cmp r0, lr\n"                                                                                                     \
    "beq 3f\n"                                                                                                         \
    "2:\n"

/* Ends the loop over pairs of columns; what follows is for the last column of an odd number. */
#define END_PAIR                                                                                                       \
    "strb r9, [r11]\n"                                                                                                 \
    "strb r10, [r11, r12]\n"                                                                                           \
    "add r11, r11, r12, lsl #1\n"                                                                                      \
    "cmp r0, lr\n"                                                                                                     \
    "bne 2b\n"                                                                                                         \
    "3:\n"                                                                                                             \
    "ldr r7, " ODD "\n"                                                                                                \
    "cmp r7, #0\n"                                                                                                     \
    "beq 4f\n"

#define END                                                                                                            \
    "strb r9, [r11]\n"                                                                                                 \
    "add r11, r11, r12\n"                                                                                              \
    "4:\n"                                                                                                             \
    "ldr r7, " ROWS "\n"                                                                                               \
    "ldr r8, " PLANE_ADVANCE "\n"                                                                                      \
    "subs r7, #1\n"                                                                                                    \
    "ldr r9, " OUTPUT_ADVANCE "\n"                                                                                     \
    "str r7, " ROWS "\n"                                                                                               \
    "add r0, r8\n"                                                                                                     \
    "add r11, r9\n"                                                                                                    \
    "bne 1b\n"                                                                                                         \
    "add sp, #40\n"                                                                                                    \
    "pop {r4-r11, pc}\n"

/* Stride 1: weights (w0, w1) of the three rows, then (w1, w2). */
#define STRIDE_1_PAIR_ROW(w01, w12)                                                                                    \
    "smlad r9, r7, " w01 ", r9\n"                                                                                      \
    "smlatb r10, r7, " w01 ", r10\n"                                                                                   \
    "smlabt r9, r8, " w12 ", r9\n"                                                                                     \
    "smlad r10, r8, " w12 ", r10\n"
#define STRIDE_1_PAIR                                                                                                  \
    "ldrd r9, r10, " BIAS "\n"                                                                                         \
    "ldrd r7, r8, [r0], #4\n" STRIDE_1_PAIR_ROW("r1", "r4")                                                            \
    "ldrd r7, r8, [r0, " ROW_1_AFTER_4 "]\n" STRIDE_1_PAIR_ROW("r2", "r5")                                             \
    "ldrd r7, r8, [r0, " ROW_2_AFTER_4 "]\n" STRIDE_1_PAIR_ROW("r3", "r6")
#define STRIDE_1_LAST                                                                                                  \
    "ldr r9, " BIAS "\n"                                                                                               \
    "ldrd r7, r8, [r0]\n"                                                                                              \
    "smlad r9, r7, r1, r9\n"                                                                                           \
    "smlabt r9, r8, r4, r9\n"                                                                                          \
    "ldrd r7, r8, [r0, " ROW_1 "]\n"                                                                                   \
    "smlad r9, r7, r2, r9\n"                                                                                           \
    "smlabt r9, r8, r5, r9\n"                                                                                          \
    "ldrd r7, r8, [r0, " ROW_2 "]\n"                                                                                   \
    "smlad r9, r7, r3, r9\n"                                                                                           \
    "smlabt r9, r8, r6, r9\n"

/* Stride 2: weights (w0, w1) of the three rows, then w2 of rows 0 and 1, then w2 of row 2. */
#define STRIDE_2_PAIR_ROW(w01, multiply_w2, w2)                                                                        \
    "smlad r9, r6, " w01 ", r9\n"                                                                                      \
    "smlad r10, r7, " w01 ", r10\n" multiply_w2 " r9, r7, " w2 ", r9\n" multiply_w2 " r10, r8, " w2 ", r10\n"
#define STRIDE_2_PAIR                                                                                                  \
    "ldrd r9, r10, " BIAS "\n"                                                                                         \
    "ldrd r6, r7, [r0], #8\n"                                                                                          \
    "ldr r8, [r0]\n" STRIDE_2_PAIR_ROW("r1", "smlabb", "r4")                                                           \
    "ldrd r6, r7, [r0, " ROW_1_AFTER_8 "]\n"                                                                           \
    "ldr r8, [r0, " ROW_1 "]\n" STRIDE_2_PAIR_ROW("r2", "smlabt", "r4")                                                \
    "ldrd r6, r7, [r0, " ROW_2_AFTER_8 "]\n"                                                                           \
    "ldr r8, [r0, " ROW_2 "]\n" STRIDE_2_PAIR_ROW("r3", "smlabb", "r5")
#define STRIDE_2_LAST                                                                                                  \
    "ldr r9, " BIAS "\n"                                                                                               \
    "ldrd r7, r8, [r0]\n"                                                                                              \
    "smlad r9, r7, r1, r9\n"                                                                                           \
    "smlabb r9, r8, r4, r9\n"                                                                                          \
    "ldrd r7, r8, [r0, " ROW_1 "]\n"                                                                                   \
    "smlad r9, r7, r2, r9\n"                                                                                           \
    "smlabt r9, r8, r4, r9\n"                                                                                          \
    "ldrd r7, r8, [r0, " ROW_2 "]\n"                                                                                   \
    "smlad r9, r7, r3, r9\n"                                                                                           \
    "smlabb r9, r8, r5, r9\n"

#define ONCE_PAIR                                                                                                      \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "smmla r9, r9, r7, r8\n"                                                                                           \
    "smmla r10, r10, r7, r8\n"                                                                                         \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "asr r10, r10, r7\n"                                                                                               \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"
#define ONCE_LAST                                                                                                      \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "smmla r9, r9, r7, r8\n"                                                                                           \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "ssat r9, #8, r9\n"
/* The weights are doubled, so that SMMLAR is the doubling high multiplication; halves go away from zero. */
#define TWICE_PAIR                                                                                                     \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "add r8, r8, r9, asr #31\n"                                                                                        \
    "smmlar r9, r9, r7, r8\n"                                                                                          \
    "ldr r8, " ROUNDING "\n"                                                                                           \
    "add r8, r8, r10, asr #31\n"                                                                                       \
    "smmlar r10, r10, r7, r8\n"                                                                                        \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "asr r10, r10, r7\n"                                                                                               \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"
#define TWICE_LAST                                                                                                     \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "add r8, r8, r9, asr #31\n"                                                                                        \
    "smmlar r9, r9, r7, r8\n"                                                                                          \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "ssat r9, #8, r9\n"

/* Outputs below the zero point are cut off, so that it does not matter how these are rounded. */
#define TWICE_CUT_OFF_PAIR                                                                                                      \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "smmlar r9, r9, r7, r8\n"                                                                                          \
    "smmlar r10, r10, r7, r8\n"                                                                                        \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "asr r10, r10, r7\n"                                                                                               \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"
#define TWICE_CUT_OFF_LAST                                                                                                      \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "smmlar r9, r9, r7, r8\n"                                                                                          \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "ssat r9, #8, r9\n"
/* One channel of a tile under a 3x3 kernel. */
#define DEFINE_3X3(name, pair, requantize_pair, last, requantize_last)                                                 \
    __attribute__((naked)) void name(                                                                 \
        const uint32_t *plane QMCU_IN_REGISTER, int8_t *output QMCU_IN_REGISTER,                                       \
        const qmcu_plane_channel *constants QMCU_IN_REGISTER, const qmcu_plane_geometry *geometry QMCU_IN_REGISTER)           \
    {                                                                                                                  \
        __asm__(BEGIN pair requantize_pair END_PAIR last requantize_last END);                                         \
    }

DEFINE_3X3(qmcu_3x3_stride_1_once, STRIDE_1_PAIR, ONCE_PAIR, STRIDE_1_LAST, ONCE_LAST)
DEFINE_3X3(qmcu_3x3_stride_1_twice, STRIDE_1_PAIR, TWICE_PAIR, STRIDE_1_LAST, TWICE_LAST)
DEFINE_3X3(qmcu_3x3_stride_1_twice_cut_off, STRIDE_1_PAIR, TWICE_CUT_OFF_PAIR, STRIDE_1_LAST, TWICE_CUT_OFF_LAST)
DEFINE_3X3(qmcu_3x3_stride_2_once, STRIDE_2_PAIR, ONCE_PAIR, STRIDE_2_LAST, ONCE_LAST)
DEFINE_3X3(qmcu_3x3_stride_2_twice, STRIDE_2_PAIR, TWICE_PAIR, STRIDE_2_LAST, TWICE_LAST)
DEFINE_3X3(qmcu_3x3_stride_2_twice_cut_off, STRIDE_2_PAIR, TWICE_CUT_OFF_PAIR, STRIDE_2_LAST, TWICE_CUT_OFF_LAST)

__attribute__((naked)) uint32_t *qmcu_unpack_planes(uint32_t *words QMCU_IN_REGISTER,
                                                    const int8_t *pixels QMCU_IN_REGISTER,
                                                    uint32_t pixel_bytes QMCU_IN_REGISTER,
                                                    uint32_t count QMCU_IN_REGISTER)
{
    __asm__("push {r4-r11, lr}\n"
            "subs r3, #2\n"
            "blt 2f\n"
            "1:\n"
            "ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n"
            "ldr r6, [r1]\n"
            "ldr r7, [r1, r2]\n"
            "add r1, r1, r2, lsl #1\n"
            "pkhbt r8, r4, r5, lsl #16\n"
            "pkhtb r9, r5, r4, asr #16\n"
            "pkhbt r10, r6, r7, lsl #16\n"
            "pkhtb r11, r7, r6, asr #16\n"
            "sxtb16 r4, r8, ror #8\n"
            "sxtb16 r5, r10, ror #8\n"
            "strd r4, r5, [r0, #72]\n"
            "sxtb16 r6, r9\n"
            "sxtb16 r7, r11\n"
            "strd r6, r7, [r0, #144]\n"
            "sxtb16 r4, r9, ror #8\n"
            "sxtb16 r5, r11, ror #8\n"
            "strd r4, r5, [r0, #216]\n"
            "sxtb16 r6, r8\n"
            "sxtb16 r7, r10\n"
            "subs r3, #2\n"
            "strd r6, r7, [r0], #8\n"
            "bge 1b\n"
            "2:\n"
            "adds r3, #2\n"
            "beq 3f\n"
            "ldr r4, [r1]\n"
            "ldr r5, [r1, r2]\n"
            "pkhbt r8, r4, r5, lsl #16\n"
            "pkhtb r9, r5, r4, asr #16\n"
            "sxtb16 r4, r8, ror #8\n"
            "str r4, [r0, #72]\n"
            "sxtb16 r5, r9\n"
            "str r5, [r0, #144]\n"
            "sxtb16 r4, r9, ror #8\n"
            "str r4, [r0, #216]\n"
            "sxtb16 r5, r8\n"
            "str r5, [r0], #4\n"
            "3:\n"
            "pop {r4-r11, pc}\n");
}

#else

uint32_t *qmcu_unpack_planes(uint32_t *words, const int8_t *pixels, uint32_t pixel_bytes, uint32_t count)
{
    for (; count > 0u; count--, pixels += 2u * pixel_bytes) {
        qmcu_unpack_plane_word(words++, pixels, pixels + pixel_bytes);
    }
    return words;
}

#endif
