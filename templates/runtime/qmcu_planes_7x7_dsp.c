/* SPDX-License-Identifier: 0BSD */
#include "qmcu_planes_wide_dsp.h"

#if QMCU_DSP_ASSEMBLY

/* Taps: (w0, w1), (w2, w3), (w4, w5), (w1, w2), (w3, w4), (w5, w6). */
#define FOUR_STRIDE_1                                                                                                  \
    "ldm lr, {r0-r4}\n"                                                                                                \
    "ldm r12!, {r5-r7}\n"                                                                                              \
    "smlad r8, r0, r5, r8\n"                                                                                           \
    "smlatb r9, r0, r5, r9\n"                                                                                          \
    "smlad r8, r1, r6, r8\n"                                                                                           \
    "smlad r10, r1, r5, r10\n"                                                                                         \
    "smlatb r11, r1, r5, r11\n"                                                                                        \
    "smlad r8, r2, r7, r8\n"                                                                                           \
    "smlad r10, r2, r6, r10\n"                                                                                         \
    "smlad r10, r3, r7, r10\n"                                                                                         \
    "ldm r12!, {r5-r7}\n"                                                                                              \
    "smlad r9, r1, r5, r9\n"                                                                                           \
    "smlad r9, r2, r6, r9\n"                                                                                           \
    "smlad r11, r2, r5, r11\n"                                                                                         \
    "smlabt r8, r3, r7, r8\n"                                                                                          \
    "smlad r9, r3, r7, r9\n"                                                                                           \
    "smlad r11, r3, r6, r11\n"                                                                                         \
    "smlabt r10, r4, r7, r10\n"                                                                                        \
    "smlad r11, r4, r7, r11\n" NEXT_ROW
#define TWO_STRIDE_1                                                                                                   \
    "ldm lr, {r0-r3}\n"                                                                                                \
    "ldm r12!, {r4-r6}\n"                                                                                              \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "smlatb r9, r0, r4, r9\n"                                                                                          \
    "smlad r8, r1, r5, r8\n"                                                                                           \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "ldm r12!, {r4-r6}\n"                                                                                              \
    "smlad r9, r1, r4, r9\n"                                                                                           \
    "smlad r9, r2, r5, r9\n"                                                                                           \
    "smlabt r8, r3, r6, r8\n"                                                                                          \
    "smlad r9, r3, r6, r9\n"
#define ONE_STRIDE_1                                                                                                   \
    "ldm lr, {r0-r3}\n"                                                                                                \
    "ldm r12!, {r4-r6}\n"                                                                                              \
    "ldr r7, [r12, #8]\n"                                                                                              \
    "add r12, #12\n"                                                                                                   \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "smlad r8, r1, r5, r8\n"                                                                                           \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "smlabt r8, r3, r7, r8\n"

/* Taps: (w0, w1), (w2, w3), (w4, w5), (w6, 0). */
#define FOUR_STRIDE_2                                                                                                  \
    "ldm lr, {r0-r3}\n"                                                                                                \
    "ldm r12!, {r4-r7}\n"                                                                                              \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "smlad r8, r1, r5, r8\n"                                                                                           \
    "smlad r9, r1, r4, r9\n"                                                                                           \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "smlad r9, r2, r5, r9\n"                                                                                           \
    "smlad r10, r2, r4, r10\n"                                                                                         \
    "ldrd r0, r1, [lr, #16]\n"                                                                                         \
    "ldr r2, [lr, #24]\n"                                                                                              \
    "smlabb r8, r3, r7, r8\n"                                                                                          \
    "smlad r9, r3, r6, r9\n"                                                                                           \
    "smlad r10, r3, r5, r10\n"                                                                                         \
    "smlad r11, r3, r4, r11\n"                                                                                         \
    "smlabb r9, r0, r7, r9\n"                                                                                          \
    "smlad r10, r0, r6, r10\n"                                                                                         \
    "smlad r11, r0, r5, r11\n"                                                                                         \
    "smlabb r10, r1, r7, r10\n"                                                                                        \
    "smlad r11, r1, r6, r11\n"                                                                                         \
    "smlabb r11, r2, r7, r11\n" NEXT_ROW
#define TWO_STRIDE_2                                                                                                   \
    "ldm lr, {r0-r3}\n"                                                                                                \
    "ldm r12!, {r4-r7}\n"                                                                                              \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "ldr r0, [lr, #16]\n"                                                                                              \
    "smlad r8, r1, r5, r8\n"                                                                                           \
    "smlad r9, r1, r4, r9\n"                                                                                           \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "smlad r9, r2, r5, r9\n"                                                                                           \
    "smlabb r8, r3, r7, r8\n"                                                                                          \
    "smlad r9, r3, r6, r9\n"                                                                                           \
    "smlabb r9, r0, r7, r9\n"
#define ONE_STRIDE_2                                                                                                   \
    "ldm lr, {r0-r3}\n"                                                                                                \
    "ldm r12!, {r4-r7}\n"                                                                                              \
    "smlad r8, r0, r4, r8\n"                                                                                           \
    "smlad r8, r1, r5, r8\n"                                                                                           \
    "smlad r8, r2, r6, r8\n"                                                                                           \
    "smlabb r8, r3, r7, r8\n"

DEFINE_WIDE(stride_1, "7", FOUR_STRIDE_1, "80", "#8", TWO_STRIDE_1, ONE_STRIDE_1)
DEFINE_WIDE(stride_2, "7", FOUR_STRIDE_2, "84", "#16", TWO_STRIDE_2, ONE_STRIDE_2)

DEFINE_COMPUTE_PLANE(bytes)
DEFINE_COMPUTE_PLANE(pairs)

#else
#define compute_bytes qmcu_compute_plane_any
#define compute_pairs qmcu_compute_plane_any_to_pairs
#endif

static void lay_out_taps(const qmcu_plane_weights *from, uint32_t *taps)
{
    const int8_t *row = from->weights;
    const uint32_t minus_zeros = from->minus_zeros;
    for (uint32_t i = 0; i < 7u; i++, row += 7) {
        const uint32_t first = qmcu_load_word(row), last = qmcu_load_word(row + 3);
        const uint32_t taps_0_2 = qmcu_add_bytes_0_2(minus_zeros, first);
        const uint32_t taps_1_3 = qmcu_add_bytes_1_3(minus_zeros, first);
        const uint32_t taps_3_5 = qmcu_add_bytes_0_2(minus_zeros, last);
        const uint32_t taps_4_6 = qmcu_add_bytes_1_3(minus_zeros, last);
        *taps++ = qmcu_low_halves(taps_0_2, taps_1_3);
        *taps++ = qmcu_high_halves(taps_0_2, taps_1_3);
        *taps++ = qmcu_low_and_high_half(taps_4_6, taps_3_5);
        if (from->stride_w == 1u) {
            *taps++ = qmcu_low_and_high_half(taps_1_3, taps_0_2);
            *taps++ = qmcu_low_halves(taps_3_5, taps_4_6);
            *taps++ = qmcu_high_halves(taps_3_5, taps_4_6);
        } else {
            *taps++ = taps_4_6 >> 16;
        }
    }
}

const qmcu_plane_kernel qmcu_planes_7x7 = {lay_out_taps, QMCU_PLANE_STRIDES_AND_MODES(compute_bytes), 1};
const qmcu_plane_kernel qmcu_planes_7x7_to_pairs = {lay_out_taps, QMCU_PLANE_STRIDES_AND_MODES(compute_pairs), 1};
