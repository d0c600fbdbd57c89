/* SPDX-License-Identifier: 0BSD */
#include "qmcu_planes_wide_dsp.h"

#if QMCU_DSP_ASSEMBLY

#define ROW_7_STRIDE_1                                                                                                 \
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

#define ROW_7_STRIDE_2                                                                                                 \
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

DEFINE_WIDE(stride_1, "7", ROW_7_STRIDE_1, "#8")
DEFINE_WIDE(stride_2, "7", ROW_7_STRIDE_2, "#16")

void qmcu_compute_plane_7x7(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                            int8_t *output)
{
    const plane_run run = plane_run_of(tile, channel, plane, output);
    if (tile->stride_w == 1u) {
        stride_1(&run);
    } else {
        stride_2(&run);
    }
}

#else

void qmcu_compute_plane_7x7(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                            int8_t *output)
{
    qmcu_compute_plane_any(tile, channel, plane, output);
}

#endif
