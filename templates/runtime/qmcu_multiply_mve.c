/* SPDX-License-Identifier: 0BSD */
#include "qmcu_multiply_mve.h"

#if QMCU_MVE

/*
 * The compiler has too few registers for eight accumulators, which VMLADAVA wants in even ones: it spills them in the
 * innermost loop. Here q0-q3 hold values of the four pixels and q4 weights; sums of the first channel are in r0, r2, r4, r6,
 * those of the second in r8, r10, r12, lr; r1, r3, r5, r7 go through the pixels, r9 through the stream. q5 has the offsets
 * of the outputs, q6 and q7 the limits. REQUANTIZE brings the sums in q0 and q1 to the scale of the output; its multipliers
 * are in r6 and r8, the shift of a single rounding in r7. [sp, #64] is the address of tile->output.
 */
#define MULTIPLY(REQUANTIZE)                                                                                           \
    __asm__("push {r4-r11, lr}\n"                                                                                      \
            "add r0, #24\n"                                                                                            \
            "push {r0}\n"                                                                                              \
            "vpush {d8-d15}\n"                                                                                         \
            "add r1, r0, #20\n"                                                                                        \
            "vldrw.32 q5, [r1]\n"                                                                                      \
            "ldrd r1, r2, [r0, #36]\n"                                                                                 \
            "vdup.32 q6, r1\n"                                                                                         \
            "vdup.32 q7, r2\n"                                                                                         \
            "ldr r9, [r0, #-24]\n"                                                                                     \
            "1:\n"                                                                                                     \
            "ldmdb r0, {r1, r3, r5, r7, r11}\n"                                                                        \
            "vldrb.8 q0, [r1], #16\n"                                                                                  \
            "vldrb.8 q4, [r9], #16\n"                                                                                  \
            "vmladav.s8 r0, q0, q4\n"                                                                                  \
            "vldrb.8 q1, [r3], #16\n"                                                                                  \
            "vmladav.s8 r2, q1, q4\n"                                                                                  \
            "vldrb.8 q2, [r5], #16\n"                                                                                  \
            "vmladav.s8 r4, q2, q4\n"                                                                                  \
            "vldrb.8 q3, [r7], #16\n"                                                                                  \
            "vmladav.s8 r6, q3, q4\n"                                                                                  \
            "vldrb.8 q4, [r9], #16\n"                                                                                  \
            "vmladav.s8 r8, q0, q4\n"                                                                                  \
            "subs r11, #1\n"                                                                                           \
            "vmladav.s8 r10, q1, q4\n"                                                                                 \
            "vmladav.s8 r12, q2, q4\n"                                                                                 \
            "vmladav.s8 lr, q3, q4\n"                                                                                  \
            "beq 3f\n"                                                                                                 \
            "2:\n"                                                                                                     \
            "vldrb.8 q0, [r1], #16\n"                                                                                  \
            "vldrb.8 q4, [r9], #16\n"                                                                                  \
            "vmladava.s8 r0, q0, q4\n"                                                                                 \
            "vldrb.8 q1, [r3], #16\n"                                                                                  \
            "vmladava.s8 r2, q1, q4\n"                                                                                 \
            "vldrb.8 q2, [r5], #16\n"                                                                                  \
            "vmladava.s8 r4, q2, q4\n"                                                                                 \
            "vldrb.8 q3, [r7], #16\n"                                                                                  \
            "vmladava.s8 r6, q3, q4\n"                                                                                 \
            "vldrb.8 q4, [r9], #16\n"                                                                                  \
            "vmladava.s8 r8, q0, q4\n"                                                                                 \
            "subs r11, #1\n"                                                                                           \
            "vmladava.s8 r10, q1, q4\n"                                                                                \
            "vmladava.s8 r12, q2, q4\n"                                                                                \
            "vmladava.s8 lr, q3, q4\n"                                                                                 \
            "bne 2b\n"                                                                                                 \
            "3:\n"                                                                                                     \
            "vmov q0[2], q0[0], r0, r4\n"                                                                              \
            "vmov q0[3], q0[1], r2, r6\n"                                                                              \
            "vmov q1[2], q1[0], r8, r12\n"                                                                             \
            "vmov q1[3], q1[1], r10, lr\n"                                                                             \
            "ldm r9!, {r2, r4, r6, r8}\n"                                                                              \
            "ldr r0, [sp, #64]\n"                                                                                      \
            "vadd.i32 q0, q0, r2\n"                                                                                    \
            "vadd.i32 q1, q1, r4\n"                                                                                    \
            "ldm r0, {r1, r3, r5, r7, r11}\n" REQUANTIZE "vadd.i32 q0, q0, r5\n"                                       \
            "vadd.i32 q1, q1, r5\n"                                                                                    \
            "vmax.s32 q0, q0, q6\n"                                                                                    \
            "vmax.s32 q1, q1, q6\n"                                                                                    \
            "vmin.s32 q0, q0, q7\n"                                                                                    \
            "vmin.s32 q1, q1, q7\n"                                                                                    \
            "add r11, r1\n"                                                                                            \
            "vstrb.32 q0, [r1, q5]\n"                                                                                  \
            "vstrb.32 q1, [r11, q5]\n"                                                                                 \
            "adds r1, #2\n"                                                                                            \
            "subs r3, #1\n"                                                                                            \
            "strd r1, r3, [r0]\n"                                                                                      \
            "bne 1b\n"                                                                                                 \
            "str r9, [r0, #-24]\n"                                                                                     \
            "vpop {d8-d15}\n"                                                                                          \
            "pop {r0, r4-r11, pc}\n")

#define ONCE                                                                                                           \
    "vdup.32 q2, r6\n"                                                                                                 \
    "vdup.32 q3, r8\n"                                                                                                 \
    "vmulh.s32 q0, q0, q2\n"                                                                                           \
    "vmulh.s32 q1, q1, q3\n"                                                                                           \
    "vrshl.s32 q0, r7\n"                                                                                               \
    "vrshl.s32 q1, r7\n"

/* VRSHL rounds halves upwards; one less for negative values, halves go away from zero. */
#define TWICE                                                                                                          \
    "vqrdmulh.s32 q0, q0, r6\n"                                                                                        \
    "vqrdmulh.s32 q1, q1, r8\n"                                                                                        \
    "vshr.s32 q2, q0, #31\n"                                                                                           \
    "vshr.s32 q3, q1, #31\n"                                                                                           \
    "ldrd r2, r4, [r9], #8\n"                                                                                          \
    "vadd.i32 q0, q0, q2\n"                                                                                            \
    "vadd.i32 q1, q1, q3\n"                                                                                            \
    "vrshl.s32 q0, r2\n"                                                                                               \
    "vrshl.s32 q1, r4\n"

/* The same where negative values are cut off, so that it does not matter how these are rounded. */
#define TWICE_CUT_OFF                                                                                                  \
    "vqrdmulh.s32 q0, q0, r6\n"                                                                                        \
    "vqrdmulh.s32 q1, q1, r8\n"                                                                                        \
    "ldrd r2, r4, [r9], #8\n"                                                                                          \
    "vrshl.s32 q0, r2\n"                                                                                               \
    "vrshl.s32 q1, r4\n"

typedef void multiply_pairs(qmcu_multiply_tile *tile);

__attribute__((naked, noinline)) static void multiply_once(qmcu_multiply_tile *tile __attribute__((unused)))
{
    MULTIPLY(ONCE);
}

__attribute__((naked, noinline)) static void multiply_twice(qmcu_multiply_tile *tile __attribute__((unused)))
{
    MULTIPLY(TWICE);
}

__attribute__((naked, noinline)) static void multiply_twice_cut_off(qmcu_multiply_tile *tile __attribute__((unused)))
{
    MULTIPLY(TWICE_CUT_OFF);
}

/* All pairs of channels of a tile; the stream and the output move on. */
static void multiply(qmcu_multiply_tile *tile)
{
    multiply_pairs *const kernel = tile->shift != 0                 ? multiply_once
                                   : tile->min < tile->zero_point ? multiply_twice
                                                                  : multiply_twice_cut_off;
    kernel(tile);
}

#else

static int32_t weight_at(const int32_t *words, uint32_t byte)
{
    return (int8_t)((uint32_t)words[byte / 4u] >> 8u * (byte % 4u) & 0xFFu);
}

static void multiply(qmcu_multiply_tile *tile)
{
    for (; tile->pairs > 0u; tile->pairs--, tile->output += QMCU_TILE_CHANNELS) {
        const int32_t *weights = tile->stream, *bias = weights + 8u * tile->blocks;
        const int32_t *multiplier = bias + 2, *shift = multiplier + 2;
        tile->stream = tile->shift != 0 ? shift : shift + 2;
        for (uint32_t channel = 0; channel < (uint32_t)QMCU_TILE_CHANNELS; channel++) {
            for (uint32_t i = 0; i < (uint32_t)QMCU_TILE_PIXELS; i++) {
                int32_t sum = bias[channel];
                for (uint32_t k = 0; k < 16u * tile->blocks; k++) {
                    sum += tile->pixel[i][k] * weight_at(weights, k / 16u * 32u + 16u * channel + k % 16u);
                }
                sum = tile->shift != 0 ? qmcu_scale_once_rounded(sum, multiplier[channel], -tile->shift)
                                       : qmcu_scale_twice_rounded(sum, multiplier[channel], shift[channel]);
                tile->output[tile->offset[i] + (channel == 0u ? 0 : tile->second)] =
                    (int8_t)qmcu_clamp(sum + tile->zero_point, tile->min, tile->max);
            }
        }
    }
}

#endif

void qmcu_multiply_begin(qmcu_multiply_queue *queue, const qmcu_multiply_mve *constants, uint32_t channels)
{
    qmcu_multiply_tile *tile = &queue->tile;
    queue->constants = constants;
    queue->channels = channels;
    queue->count = 0;
    tile->blocks = constants->blocks;
    tile->zero_point = constants->zero_point;
    tile->shift = -constants->single_shift;
    tile->min = constants->min;
    tile->max = constants->max;
}

void qmcu_multiply_flush(qmcu_multiply_queue *queue)
{
    qmcu_multiply_tile *tile = &queue->tile;
    if (queue->count == 0u) {
        return;
    }
    for (; queue->count < (uint32_t)QMCU_TILE_PIXELS; queue->count++) { /* the last one again where pixels are missing */
        tile->pixel[queue->count] = tile->pixel[queue->count - 1u];
        tile->offset[queue->count] = tile->offset[queue->count - 1u];
    }
    tile->stream = queue->constants->stream;
    tile->pairs = queue->channels / 2u;
    tile->second = 1;
    if (tile->pairs > 0u) {
        multiply(tile);
    }
    if (queue->channels % 2u != 0u) {
        tile->pairs = 1;
        tile->second = 0;
        multiply(tile);
    }
    queue->count = 0;
}
