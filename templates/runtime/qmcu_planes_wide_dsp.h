/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANES_WIDE_DSP_H
#define QMCU_PLANES_WIDE_DSP_H

/*
 * What the assembly of the 5x5 and the 7x7 kernel has in common: all but a row of taps. Four outputs are summed at once, of
 * rows that meet the map alone; the last one or two of a row are summed without others.
 */

#include "qmcu_planes_dsp.h"
#include "qmcu_planes_store_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* One channel of a tile, in the order in which the assembly reads it. */
typedef struct {
    uint32_t entry; /* set by the assembly: bytes of the rows of taps that are skipped */
    uint32_t bias[4];
    const uint32_t *taps;  /* set by the assembly, like all up to the end of `plane` */
    const uint32_t *plane; /* of the next four outputs */
    int32_t multiplier;
    int32_t rounding;
    uint32_t shift;
    uint32_t mode;
    int8_t *output;
    uint32_t pixel_bytes;
    uint32_t left; /* set by the assembly: outputs left in the row */
    uint32_t plane_row_bytes;
    uint32_t tap_rows; /* set by the assembly */
    const qmcu_plane_window *windows;
    uint32_t rows;
    uint32_t columns;
    int8_t *output_row;
    uint32_t output_row_bytes;
    const uint32_t *all_taps;
    const uint32_t *planes;
} plane_run;

/* The run on the stack. */
#define ENTRY "[sp, #0]"
#define TAPS_AND_PLANE "[sp, #20]"
#define PLANE "[sp, #24]"
#define MULTIPLIER "[sp, #28]"
#define SHIFT "[sp, #36]"
#define MODE "[sp, #40]"
#define OUTPUT "[sp, #44]"
#define LEFT "[sp, #52]"
#define PLANE_ROW_BYTES "[sp, #56]"
#define TAP_ROWS "[sp, #60]"
#define WINDOWS "[sp, #64]"
#define ROWS "[sp, #68]"
#define COLUMNS "[sp, #72]"
#define OUTPUT_ROW "[sp, #76]"
#define ALL_TAPS "[sp, #84]"
#define RUN_BYTES "#92"

/* Begins a row of outputs: its window, and where it lies. */
#define BEGIN(extent, row_code_bytes)                                                                                  \
    "push {r4-r11, lr}\n"                                                                                              \
    "add lr, r0, #48\n"                                                                                                \
    "ldm lr, {r1-r11}\n"                                                                                               \
    "push {r1-r11}\n"                                                                                                  \
    "ldm r0, {r1-r12}\n"                                                                                               \
    "push {r1-r12}\n"                                                                                                  \
    "1:\n"                                                                                                             \
    "ldr r0, " WINDOWS "\n"                                                                                            \
    "ldm r0!, {r1-r3}\n"                                                                                               \
    "str r0, " WINDOWS "\n"                                                                                            \
    "str r3, " TAP_ROWS "\n"                                                                                           \
    "ldrd r4, r5, " ALL_TAPS "\n"                                                                                      \
    "add r4, r2\n"                                                                                                     \
    "add r5, r1\n"                                                                                                     \
    "strd r4, r5, " TAPS_AND_PLANE "\n"                                                                                \
    "rsb r3, r3, #" extent "\n"                                                                                        \
    "mov r4, #" row_code_bytes "\n"                                                                                    \
    "mul r3, r3, r4\n"                                                                                                 \
    "str r3, " ENTRY "\n"                                                                                              \
    "ldrd r2, r1, " COLUMNS "\n"                                                                                       \
    "str r2, " LEFT "\n"                                                                                               \
    "str r1, " OUTPUT "\n"                                                                                             \
    "cmp r2, #2\n"                                                                                                     \
    "bls 8f\n"                                                                                                         \
    "2:\n"

/* r8 ... r11: sums of four outputs; r12: taps; lr: plane; enters the rows where those end that are skipped. */
#define BEGIN_FOUR                                                                                                     \
    "ldm sp, {r0, r8-r12, lr}\n"                                                                                       \
    "add pc, r0\n"                                                                                                     \
    "nop\n"
#define NEXT_ROW                                                                                                       \
    "ldr r0, " PLANE_ROW_BYTES "\n"                                                                                    \
    "add lr, r0\n"

/* Requantizes the four sums, stores as many as are left and goes on; `advance` is what four outputs take of a plane. */
#define END_FOUR(advance, store_first, store_second, next_two)                                                         \
    "ldrd r0, r1, " MULTIPLIER "\n"                                                                                    \
    "ldr r3, " MODE "\n"                                                                                               \
    "cbnz r3, 6f\n"                                                                                                    \
    "smmlar r8, r8, r0, r1\n"                                                                                          \
    "smmlar r9, r9, r0, r1\n"                                                                                          \
    "smmlar r10, r10, r0, r1\n"                                                                                        \
    "smmlar r11, r11, r0, r1\n"                                                                                        \
    "3:\n"                                                                                                             \
    "ldrd r0, r1, " OUTPUT "\n"                                                                                        \
    "ldr r2, " LEFT "\n"                                                                                               \
    "ssat r8, #8, r8\n"                                                                                                \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"                                                                                              \
    "ssat r11, #8, r11\n"                                                                                              \
    store_first("r8", "r0") store_second("", "r9", "r0", "r1") next_two("r0", "r1")                                    \
    "subs r2, #4\n" store_first("r10", "r0")                                                                           \
    "blt 5f\n" store_second("", "r11", "r0", "r1")                                                                     \
    "beq 5f\n"                                                                                                         \
    "ldr r3, " PLANE "\n"                                                                                              \
    next_two("r0", "r1")                                                                                               \
    "str r2, " LEFT "\n"                                                                                               \
    "add r3, " advance "\n"                                                                                            \
    "str r3, " PLANE "\n"                                                                                              \
    "str r0, " OUTPUT "\n"                                                                                             \
    "cmp r2, #2\n"                                                                                                     \
    "bhi 2b\n"                                                                                                         \
    "b 8f\n"                                                                                                           \
    "6:\n"                                                                                                             \
    "ldr r2, " SHIFT "\n"                                                                                              \
    "mov r4, r1\n"                                                                                                     \
    "mov r5, r1\n"                                                                                                     \
    "mov r6, r1\n"                                                                                                     \
    "cmp r3, #1\n"                                                                                                     \
    "bne 7f\n"                                                                                                         \
    "add r1, r1, r8, asr #31\n"                                                                                        \
    "add r4, r4, r9, asr #31\n"                                                                                        \
    "add r5, r5, r10, asr #31\n"                                                                                       \
    "add r6, r6, r11, asr #31\n"                                                                                       \
    "7:\n"                                                                                                             \
    "smmlar r8, r8, r0, r1\n"                                                                                          \
    "smmlar r9, r9, r0, r4\n"                                                                                          \
    "smmlar r10, r10, r0, r5\n"                                                                                        \
    "smmlar r11, r11, r0, r6\n"                                                                                        \
    "asr r8, r8, r2\n"                                                                                                 \
    "asr r9, r9, r2\n"                                                                                                 \
    "asr r10, r10, r2\n"                                                                                               \
    "asr r11, r11, r2\n"                                                                                               \
    "b 3b\n"

/* The last output of a row, or the last two: r8, r9: sums, r10: bytes of a row of the plane, r11: rows of taps. */
#define LAST(two, one, store_first, store_second)                                                                      \
    "8:\n"                                                                                                             \
    "ldr r0, " LEFT "\n"                                                                                               \
    "ldm sp, {r7-r9}\n"                                                                                                \
    "ldrd r12, lr, " TAPS_AND_PLANE "\n"                                                                               \
    "ldrd r10, r11, " PLANE_ROW_BYTES "\n"                                                                             \
    "cmp r11, #0\n"                                                                                                    \
    "beq 10f\n"                                                                                                        \
    "cmp r0, #2\n"                                                                                                     \
    "bne 9f\n"                                                                                                         \
    "11:\n" two                                                                                                        \
    "add lr, r10\n"                                                                                                    \
    "subs r11, #1\n"                                                                                                   \
    "bne 11b\n"                                                                                                        \
    "b 10f\n"                                                                                                          \
    "9:\n" one                                                                                                         \
    "add lr, r10\n"                                                                                                    \
    "subs r11, #1\n"                                                                                                   \
    "bne 9b\n"                                                                                                         \
    "10:\n"                                                                                                            \
    "ldrd r0, r1, " MULTIPLIER "\n"                                                                                    \
    "ldr r3, " MODE "\n"                                                                                               \
    "mov r2, r1\n"                                                                                                     \
    "cmp r3, #1\n"                                                                                                     \
    "itt eq\n"                                                                                                         \
    "addeq r1, r1, r8, asr #31\n"                                                                                      \
    "addeq r2, r2, r9, asr #31\n"                                                                                      \
    "smmlar r8, r8, r0, r1\n"                                                                                          \
    "smmlar r9, r9, r0, r2\n"                                                                                          \
    "ldr r3, " SHIFT "\n"                                                                                              \
    "asr r8, r8, r3\n"                                                                                                 \
    "asr r9, r9, r3\n"                                                                                                 \
    "ldr r2, " LEFT "\n"                                                                                               \
    "ldrd r0, r1, " OUTPUT "\n"                                                                                        \
    "ssat r8, #8, r8\n"                                                                                                \
    "ssat r9, #8, r9\n"                                                                                                \
    store_first("r8", "r0")                                                                                            \
    "cmp r2, #2\n"                                                                                                     \
    "it eq\n" store_second("eq", "r9", "r0", "r1")

#define END                                                                                                            \
    "5:\n"                                                                                                             \
    "ldrd r0, r1, " OUTPUT_ROW "\n"                                                                                    \
    "ldr r2, " ROWS "\n"                                                                                               \
    "add r0, r1\n"                                                                                                     \
    "str r0, " OUTPUT_ROW "\n"                                                                                         \
    "subs r2, #1\n"                                                                                                    \
    "str r2, " ROWS "\n"                                                                                               \
    "bne 1b\n"                                                                                                         \
    "add sp, " RUN_BYTES "\n"                                                                                          \
    "pop {r4-r11, pc}\n"

/* `four`, `two`, `one`: a row of taps for so many outputs. */
#define DEFINE_WIDE_STORING(name, extent, four, four_code_bytes, advance, two, one, store_first, store_second, next_two)\
    __attribute__((naked)) static void name(const plane_run *run QMCU_IN_REGISTER)                                     \
    {                                                                                                                  \
        __asm__(BEGIN(extent, four_code_bytes) BEGIN_FOUR ".rept " extent "\n" four ".endr\n"                          \
                    END_FOUR(advance, store_first, store_second, next_two) LAST(two, one, store_first, store_second)   \
                        END);                                                                                          \
    }
#define DEFINE_WIDE(name, extent, four, four_code_bytes, advance, two, one)                                            \
    DEFINE_WIDE_STORING(name##_to_bytes, extent, four, four_code_bytes, advance, two, one, STORE_FIRST_BYTE,           \
                        STORE_SECOND_BYTE, NEXT_TWO_BYTES)                                                             \
    DEFINE_WIDE_STORING(name##_to_pairs, extent, four, four_code_bytes, advance, two, one, STORE_FIRST_HALF,           \
                        STORE_SECOND_HALF, NEXT_TWO_HALVES)

/* The tile as the assembly reads it. */
static inline plane_run plane_run_of(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel,
                                     const uint32_t *plane, int8_t *output)
{
    plane_run run;
    run.bias[0] = run.bias[1] = run.bias[2] = run.bias[3] = channel->bias[0];
    run.multiplier = channel->multiplier;
    run.rounding = channel->rounding;
    run.shift = channel->shift;
    run.mode = tile->mode;
    run.pixel_bytes = tile->pixel_bytes;
    run.plane_row_bytes = tile->plane_row_bytes;
    run.windows = tile->windows;
    run.rows = tile->rows;
    run.columns = tile->columns;
    run.output_row = output;
    run.output_row_bytes = tile->output_row_bytes;
    run.all_taps = channel->taps;
    run.planes = plane;
    return run;
}

/* Of stride_1 and stride_2, both `to` bytes or pairs. */
#define DEFINE_COMPUTE_PLANE(to)                                                                                       \
    static void compute_##to(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,    \
                             int8_t *output)                                                                           \
    {                                                                                                                  \
        const plane_run run = plane_run_of(tile, channel, plane, output);                                              \
        if (tile->stride_w == 1u) {                                                                                    \
            stride_1_to_##to(&run);                                                                                    \
        } else {                                                                                                       \
            stride_2_to_##to(&run);                                                                                    \
        }                                                                                                              \
    }

#endif

#endif
