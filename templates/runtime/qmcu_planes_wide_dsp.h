/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANES_WIDE_DSP_H
#define QMCU_PLANES_WIDE_DSP_H

/* What the assembly of the 5x5 and the 7x7 kernel has in common: all but a row of taps. Four outputs are summed at once. */

#include "qmcu_planes_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* One channel of a tile, in the order in which the assembly reads it. */
typedef struct {
    uint32_t bias[4];
    int32_t multiplier;
    int32_t rounding;
    uint32_t shift;
    uint32_t mode; /* 0: one rounding; 1: two; 2: two, outputs below the zero point cut off */
    const uint32_t *taps;
    const uint32_t *plane; /* of the next four outputs */
    int8_t *output;
    uint32_t pixel_bytes;
    uint32_t left; /* outputs left in the row */
    uint32_t plane_row_bytes;
    uint32_t rows;
    uint32_t columns;
    const uint32_t *plane_row; /* where this row of outputs begins */
    uint32_t plane_advance;    /* bytes to where the next one does */
    int8_t *output_row;
    uint32_t output_row_bytes;
} plane_run;

/* The run on the stack. */
#define MULTIPLIER "[sp, #16]"
#define ROUNDING "[sp, #20]"
#define SHIFT_AND_MODE "[sp, #24]"
#define TAPS_AND_PLANE "[sp, #32]"
#define PLANE "[sp, #36]"
#define OUTPUT_AND_PIXEL_BYTES "[sp, #40]"
#define OUTPUT "[sp, #40]"
#define LEFT "[sp, #48]"
#define PLANE_ROW_BYTES "[sp, #52]"
#define ROWS "[sp, #56]"
#define COLUMNS "[sp, #60]"
#define PLANE_ROW "[sp, #64]"
#define OUTPUT_ROW "[sp, #72]"
#define RUN_BYTES "#80"

/* r8 ... r11: sums of four outputs; r12: taps; lr: plane. */
#define BEGIN                                                                                                          \
    "push {r4-r11, lr}\n"                                                                                              \
    "add r1, r0, #40\n"                                                                                                \
    "ldm r1, {r2-r11}\n"                                                                                               \
    "push {r2-r11}\n"                                                                                                  \
    "ldm r0, {r2-r11}\n"                                                                                               \
    "push {r2-r11}\n"                                                                                                  \
    "1:\n"                                                                                                             \
    "ldrd r12, lr, " TAPS_AND_PLANE "\n"                                                                               \
    "ldm sp, {r8-r11}\n"
#define NEXT_ROW                                                                                                       \
    "ldr r0, " PLANE_ROW_BYTES "\n"                                                                                    \
    "add lr, r0\n"

/* Requantizes the four sums, stores as many as are left and goes on; `advance` is what four outputs take of a plane. */
#define END(advance)                                                                                                   \
    "ldrd r0, r1, " MULTIPLIER "\n"                                                                                    \
    "ldrd r2, r3, " SHIFT_AND_MODE "\n"                                                                                \
    "cmp r3, #1\n"                                                                                                     \
    "beq 5f\n"                                                                                                         \
    "smmlar r8, r8, r0, r1\n"                                                                                          \
    "smmlar r9, r9, r0, r1\n"                                                                                          \
    "smmlar r10, r10, r0, r1\n"                                                                                        \
    "smmlar r11, r11, r0, r1\n"                                                                                        \
    "bgt 6f\n"                                                                                                         \
    "2:\n"                                                                                                             \
    "ldrd r0, r1, " OUTPUT_AND_PIXEL_BYTES "\n"                                                                        \
    "ldr r2, " LEFT "\n"                                                                                               \
    "ssat r8, #8, r8\n"                                                                                                \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"                                                                                              \
    "ssat r11, #8, r11\n"                                                                                              \
    "subs r2, #4\n"                                                                                                    \
    "blt 7f\n"                                                                                                         \
    "strb r8, [r0]\n"                                                                                                  \
    "strb r9, [r0, r1]\n"                                                                                              \
    "add r0, r0, r1, lsl #1\n"                                                                                         \
    "strb r10, [r0]\n"                                                                                                 \
    "strb r11, [r0, r1]\n"                                                                                             \
    "beq 3f\n"                                                                                                         \
    "ldr r3, " PLANE "\n"                                                                                              \
    "add r0, r0, r1, lsl #1\n"                                                                                         \
    "str r2, " LEFT "\n"                                                                                               \
    "add r3, " advance "\n"                                                                                            \
    "strd r3, r0, " PLANE "\n"                                                                                         \
    "b 1b\n"                                                                                                           \
    "7:\n"                                                                                                             \
    "strb r8, [r0]\n"                                                                                                  \
    "adds r2, #2\n"                                                                                                    \
    "bmi 3f\n"                                                                                                         \
    "strb r9, [r0, r1]\n"                                                                                              \
    "beq 3f\n"                                                                                                         \
    "strb r10, [r0, r1, lsl #1]\n"                                                                                     \
    "3:\n"                                                                                                             \
    "ldrd r0, r1, " ROWS "\n"                                                                                          \
    "ldrd r2, r3, " PLANE_ROW "\n"                                                                                     \
    "ldrd r4, r5, " OUTPUT_ROW "\n"                                                                                    \
    "subs r0, #1\n"                                                                                                    \
    "str r0, " ROWS "\n"                                                                                               \
    "str r1, " LEFT "\n"                                                                                               \
    "add r2, r2, r3\n"                                                                                                 \
    "str r2, " PLANE_ROW "\n"                                                                                          \
    "add r4, r4, r5\n"                                                                                                 \
    "str r4, " OUTPUT_ROW "\n"                                                                                         \
    "strd r2, r4, " PLANE "\n"                                                                                         \
    "bne 1b\n"                                                                                                         \
    "add sp, " RUN_BYTES "\n"                                                                                          \
    "pop {r4-r11, pc}\n"                                                                                               \
    "5:\n"                                                                                                             \
    "add r3, r1, r8, asr #31\n"                                                                                        \
    "add r4, r1, r9, asr #31\n"                                                                                        \
    "add r5, r1, r10, asr #31\n"                                                                                       \
    "add r6, r1, r11, asr #31\n"                                                                                       \
    "smmlar r8, r8, r0, r3\n"                                                                                          \
    "smmlar r9, r9, r0, r4\n"                                                                                          \
    "smmlar r10, r10, r0, r5\n"                                                                                        \
    "smmlar r11, r11, r0, r6\n"                                                                                        \
    "6:\n"                                                                                                             \
    "asr r8, r8, r2\n"                                                                                                 \
    "asr r9, r9, r2\n"                                                                                                 \
    "asr r10, r10, r2\n"                                                                                               \
    "asr r11, r11, r2\n"                                                                                               \
    "b 2b\n"

#define DEFINE_WIDE(name, extent, row, advance)                                                                        \
    __attribute__((naked)) static void name(const plane_run *run QMCU_IN_REGISTER)                                     \
    {                                                                                                                  \
        __asm__(BEGIN ".rept " extent "\n" row ".endr\n" END(advance));                                                \
    }

/* The tile as the assembly reads it. */
static inline plane_run plane_run_of(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel,
                                     const uint32_t *plane, int8_t *output)
{
    plane_run run;
    run.bias[0] = run.bias[1] = run.bias[2] = run.bias[3] = channel->bias;
    run.multiplier = channel->multiplier;
    run.rounding = channel->rounding;
    run.shift = channel->shift;
    run.mode = tile->is_twice_rounded + (tile->is_twice_rounded & tile->cuts_off);
    run.taps = channel->taps;
    run.plane = run.plane_row = plane;
    run.output = run.output_row = output;
    run.pixel_bytes = tile->pixel_bytes;
    run.left = run.columns = tile->columns;
    run.plane_row_bytes = tile->plane_row_bytes;
    run.rows = tile->rows;
    run.plane_advance = tile->stride_h * tile->plane_row_bytes;
    run.output_row_bytes = tile->output_row_bytes;
    return run;
}

#endif

#endif
