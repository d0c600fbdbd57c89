/* SPDX-License-Identifier: 0BSD */
#include "qmcu_planes_dsp.h"
#include "qmcu_planes_store_dsp.h"

#if QMCU_DSP_ASSEMBLY

/*
 * On the stack: what a tile begins with, and above it bias, bias, multiplier, rounding and shift. Where the row of outputs ends
 * is where the tile has the bytes from there to the next one's beginning.
 */
#define PIXEL_BYTES "[sp, #0]"
#define ROW_END "[sp, #4]"
#define ROWS "[sp, #8]"
#define PLANE_ADVANCE "[sp, #12]"
#define SPAN "[sp, #20]"
#define ODD "[sp, #24]"
#define BIAS "[sp, #28]"
#define MULTIPLIER "[sp, #36]"
#define ROUNDING "[sp, #40]"
#define SHIFT "[sp, #44]"

/* r0, r12, lr: the rows of the kernel in the plane, r1 ... r6: taps, r9, r10: sums, r11: output. */
#define BEGIN                                                                                                          \
    "push {r4-r11, lr}\n"                                                                                              \
    "ldm r1, {r4-r9}\n"                                                                                                \
    "push {r4-r8}\n"                                                                                                   \
    "ldm r0, {r4-r8, r10-r12}\n"                                                                                       \
    "push {r4-r8, r10, r11}\n"                                                                                         \
    "mov r0, r2\n"                                                                                                     \
    "mov r11, r3\n"                                                                                                    \
    "ldm r9, {r1-r6}\n"                                                                                                \
    "add lr, r0, r12, lsl #1\n"                                                                                        \
    "add r12, r0\n"                                                                                                    \
    "1:\n"                                                                                                             \
    "ldr r8, " SPAN "\n"                                                                                               \
    "add r8, r0\n"                                                                                                     \
    "str r8, " ROW_END "\n"                                                                                            \
    "cmp r0, r8\n"                                                                                                     \
    "beq 3f\n"                                                                                                         \
    "2:\n"

/* Ends the loop over pairs of columns; what follows is for the last column of an odd number. */
#define END_PAIR(store_first, store_second, next_two)                                                                  \
    "ssat r9, #8, r9\n"                                                                                                \
    "ssat r10, #8, r10\n"                                                                                              \
    "ldrd r7, r8, " PIXEL_BYTES "\n"                                                                                   \
    store_first("r9", "r11") store_second("", "r10", "r11", "r7") next_two("r11", "r7")                                \
    "cmp r0, r8\n"                                                                                                     \
    "bne 2b\n"                                                                                                         \
    "3:\n"                                                                                                             \
    "ldr r7, " ODD "\n"                                                                                                \
    "cbz r7, 4f\n"

#define END(store_first)                                                                                               \
    "ssat r9, #8, r9\n"                                                                                                \
    "ldr r7, " PIXEL_BYTES "\n"                                                                                        \
    store_first("r9", "r11")                                                                                           \
    "add r11, r7\n"                                                                                                    \
    "4:\n"                                                                                                             \
    "ldrd r8, r9, " PLANE_ADVANCE "\n"                                                                                 \
    "ldr r7, " ROWS "\n"                                                                                               \
    "add r0, r8\n"                                                                                                     \
    "add r12, r8\n"                                                                                                    \
    "add lr, r8\n"                                                                                                     \
    "add r11, r9\n"                                                                                                    \
    "subs r7, #1\n"                                                                                                    \
    "str r7, " ROWS "\n"                                                                                               \
    "bne 1b\n"                                                                                                         \
    "add sp, #48\n"                                                                                                    \
    "pop {r4-r11, pc}\n"

/* Stride 1: taps (w0, w1) of the three rows, then (w1, w2). */
#define STRIDE_1_ROW(row, w01, w12)                                                                                    \
    "ldrd r7, r8, [" row "], #4\n"                                                                                     \
    "smlad r9, r7, " w01 ", r9\n"                                                                                      \
    "smlatb r10, r7, " w01 ", r10\n"                                                                                   \
    "smlabt r9, r8, " w12 ", r9\n"                                                                                     \
    "smlad r10, r8, " w12 ", r10\n"
#define STRIDE_1_PAIR                                                                                                  \
    "ldrd r9, r10, " BIAS "\n" STRIDE_1_ROW("r0", "r1", "r4") STRIDE_1_ROW("r12", "r2", "r5")                          \
        STRIDE_1_ROW("lr", "r3", "r6")
#define STRIDE_1_LAST_ROW(row, w01, w12)                                                                               \
    "ldrd r7, r8, [" row "]\n"                                                                                         \
    "smlad r9, r7, " w01 ", r9\n"                                                                                      \
    "smlabt r9, r8, " w12 ", r9\n"
#define STRIDE_1_LAST                                                                                                  \
    "ldr r9, " BIAS "\n" STRIDE_1_LAST_ROW("r0", "r1", "r4") STRIDE_1_LAST_ROW("r12", "r2", "r5")                      \
        STRIDE_1_LAST_ROW("lr", "r3", "r6")

/* Stride 2: taps (w0, w1) of the three rows, then w2 of rows 0 and 1, then w2 of row 2. */
#define STRIDE_2_ROW(row, w01, multiply_w2, w2)                                                                        \
    "ldrd r6, r7, [" row "], #8\n"                                                                                     \
    "ldr r8, [" row "]\n"                                                                                              \
    "smlad r9, r6, " w01 ", r9\n"                                                                                      \
    "smlad r10, r7, " w01 ", r10\n" multiply_w2 " r9, r7, " w2 ", r9\n" multiply_w2 " r10, r8, " w2 ", r10\n"
#define STRIDE_2_PAIR                                                                                                  \
    "ldrd r9, r10, " BIAS "\n" STRIDE_2_ROW("r0", "r1", "smlabb", "r4") STRIDE_2_ROW("r12", "r2", "smlabt", "r4")      \
        STRIDE_2_ROW("lr", "r3", "smlabb", "r5")
#define STRIDE_2_LAST_ROW(row, w01, multiply_w2, w2)                                                                   \
    "ldrd r7, r8, [" row "]\n"                                                                                         \
    "smlad r9, r7, " w01 ", r9\n" multiply_w2 " r9, r8, " w2 ", r9\n"
#define STRIDE_2_LAST                                                                                                  \
    "ldr r9, " BIAS "\n" STRIDE_2_LAST_ROW("r0", "r1", "smlabb", "r4") STRIDE_2_LAST_ROW("r12", "r2", "smlabt", "r4")  \
        STRIDE_2_LAST_ROW("lr", "r3", "smlabb", "r5")

#define ONCE_PAIR                                                                                                      \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "smmlar r9, r9, r7, r8\n"                                                                                          \
    "smmlar r10, r10, r7, r8\n"
#define ONCE_LAST                                                                                                      \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "smmlar r9, r9, r7, r8\n"
/* Halves go away from zero. */
#define TWICE_PAIR                                                                                                     \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "add r8, r8, r9, asr #31\n"                                                                                        \
    "smmlar r9, r9, r7, r8\n"                                                                                          \
    "ldr r8, " ROUNDING "\n"                                                                                           \
    "add r8, r8, r10, asr #31\n"                                                                                       \
    "smmlar r10, r10, r7, r8\n" SHIFT_PAIR
#define TWICE_LAST                                                                                                     \
    "ldrd r7, r8, " MULTIPLIER "\n"                                                                                    \
    "add r8, r8, r9, asr #31\n"                                                                                        \
    "smmlar r9, r9, r7, r8\n" SHIFT_LAST
#define CUT_OFF_PAIR ONCE_PAIR SHIFT_PAIR
#define CUT_OFF_LAST ONCE_LAST SHIFT_LAST
#define SHIFT_PAIR                                                                                                     \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"                                                                                                 \
    "asr r10, r10, r7\n"
#define SHIFT_LAST                                                                                                     \
    "ldr r7, " SHIFT "\n"                                                                                              \
    "asr r9, r9, r7\n"

#define DEFINE_3X3(name, pair, requantize_pair, last, requantize_last, store_first, store_second, next_two)            \
    __attribute__((naked)) static void name(                                                                           \
        const qmcu_plane_tile *tile QMCU_IN_REGISTER, const qmcu_plane_channel *channel QMCU_IN_REGISTER,              \
        const uint32_t *plane QMCU_IN_REGISTER, int8_t *output QMCU_IN_REGISTER)                                       \
    {                                                                                                                  \
        __asm__(BEGIN pair requantize_pair END_PAIR(store_first, store_second, next_two) last requantize_last          \
                    END(store_first));                                                                                 \
    }

/* For both strides and all roundings. */
#define DEFINE_ALL_3X3(name, store_first, store_second, next_two)                                                      \
    DEFINE_3X3(name##_1_once, STRIDE_1_PAIR, ONCE_PAIR, STRIDE_1_LAST, ONCE_LAST, store_first, store_second, next_two) \
    DEFINE_3X3(name##_1_twice, STRIDE_1_PAIR, TWICE_PAIR, STRIDE_1_LAST, TWICE_LAST, store_first, store_second,        \
               next_two)                                                                                               \
    DEFINE_3X3(name##_1_cut_off, STRIDE_1_PAIR, CUT_OFF_PAIR, STRIDE_1_LAST, CUT_OFF_LAST, store_first, store_second,  \
               next_two)                                                                                               \
    DEFINE_3X3(name##_2_once, STRIDE_2_PAIR, ONCE_PAIR, STRIDE_2_LAST, ONCE_LAST, store_first, store_second, next_two) \
    DEFINE_3X3(name##_2_twice, STRIDE_2_PAIR, TWICE_PAIR, STRIDE_2_LAST, TWICE_LAST, store_first, store_second,        \
               next_two)                                                                                               \
    DEFINE_3X3(name##_2_cut_off, STRIDE_2_PAIR, CUT_OFF_PAIR, STRIDE_2_LAST, CUT_OFF_LAST, store_first, store_second,  \
               next_two)

#define KERNELS(name)                                                                                                  \
    {{name##_1_once, name##_1_twice, name##_1_cut_off}, {name##_2_once, name##_2_twice, name##_2_cut_off}}

DEFINE_ALL_3X3(bytes, STORE_FIRST_BYTE, STORE_SECOND_BYTE, NEXT_TWO_BYTES)
DEFINE_ALL_3X3(pairs, STORE_FIRST_HALF, STORE_SECOND_HALF, NEXT_TWO_HALVES)

#else

#define KERNELS(name) QMCU_PLANE_STRIDES_AND_MODES(name##_compute)

/* The channel with its taps row by row, which go to `taps`. */
static qmcu_plane_channel row_by_row(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, uint32_t taps[6])
{
    const uint32_t *first = channel->taps, *second = first + 3;
    const int is_stride_1 = tile->stride_w == 1u;
    qmcu_plane_channel ordered = *channel;
    for (uint32_t i = 0; i < 3u; i++) {
        taps[2u * i] = first[i];
    }
    taps[1] = is_stride_1 ? second[0] : second[0] & 0xFFFFu;
    taps[3] = is_stride_1 ? second[1] : second[0] >> 16;
    taps[5] = is_stride_1 ? second[2] : second[1];
    ordered.taps = taps;
    return ordered;
}

static void bytes_compute(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                          int8_t *output)
{
    uint32_t taps[6];
    const qmcu_plane_channel ordered = row_by_row(tile, channel, taps);
    qmcu_compute_plane_any(tile, &ordered, plane, output);
}

static void pairs_compute(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                          int8_t *output)
{
    uint32_t taps[6];
    const qmcu_plane_channel ordered = row_by_row(tile, channel, taps);
    qmcu_compute_plane_any_to_pairs(tile, &ordered, plane, output);
}

#endif

/* The words of row `i` from one of (w0, w1, w2, anything). */
static inline void lay_out_row(uint32_t word, uint32_t minus_zeros, int is_stride_1, uint32_t *taps)
{
    const uint32_t even = qmcu_add_bytes_0_2(minus_zeros, word), odd = qmcu_add_bytes_1_3(minus_zeros, word);
    taps[0] = qmcu_low_halves(even, odd);
    taps[3] = is_stride_1 ? qmcu_low_and_high_half(odd, even) : even;
}

static void lay_out_taps(const qmcu_plane_weights *from, uint32_t *taps)
{
    const uint32_t minus_zeros = from->minus_zeros;
    const int8_t *weights = from->weights;
    const int is_stride_1 = from->stride_w == 1u;
    lay_out_row(qmcu_load_word(weights), minus_zeros, is_stride_1, taps);
    lay_out_row(qmcu_load_word(weights + 3), minus_zeros, is_stride_1, taps + 1);
    lay_out_row(qmcu_load_word(weights + 6), minus_zeros, is_stride_1, taps + 2);
    if (!is_stride_1) {
        taps[3] = qmcu_high_halves(taps[3], taps[4]);
        taps[4] = taps[5] >> 16;
    }
}

const qmcu_plane_kernel qmcu_planes_3x3 = {lay_out_taps, KERNELS(bytes), 0};
const qmcu_plane_kernel qmcu_planes_3x3_to_pairs = {lay_out_taps, KERNELS(pairs), 0};
