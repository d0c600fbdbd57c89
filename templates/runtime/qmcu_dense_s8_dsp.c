/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dense_s8_dsp.h"

#include "qmcu_dsp.h"

/* The sums of four channels over `groups` groups of four values. */
#if QMCU_DSP_ASSEMBLY

__attribute__((naked, noinline)) static void sum_block(uint32_t *sums QMCU_IN_REGISTER,
                                                       const uint32_t *values QMCU_IN_REGISTER,
                                                       const int8_t *weights QMCU_IN_REGISTER,
                                                       uint32_t groups QMCU_IN_REGISTER)
{
    __asm__("push {r0, r4-r11, lr}\n"
            "mov r12, #0\n"
            "mov lr, #0\n"
            "mov r10, #0\n"
            "mov r11, #0\n"
            "1:\n"
            "ldm r2!, {r4-r7}\n"
            "ldrd r8, r9, [r1], #8\n"
            "sxtb16 r0, r4\n"
            "smlad r10, r0, r8, r10\n"
            "sxtb16 r4, r4, ror #8\n"
            "smlad r10, r4, r9, r10\n"
            "sxtb16 r0, r5\n"
            "smlad r11, r0, r8, r11\n"
            "sxtb16 r5, r5, ror #8\n"
            "smlad r11, r5, r9, r11\n"
            "sxtb16 r0, r6\n"
            "smlad r12, r0, r8, r12\n"
            "sxtb16 r6, r6, ror #8\n"
            "smlad r12, r6, r9, r12\n"
            "sxtb16 r0, r7\n"
            "smlad lr, r0, r8, lr\n"
            "sxtb16 r7, r7, ror #8\n"
            "subs r3, #1\n"
            "smlad lr, r7, r9, lr\n"
            "bne 1b\n"
            "pop {r0}\n"
            "stm r0, {r10-r12, lr}\n"
            "pop {r4-r11, pc}\n");
}

#else

static void sum_block(uint32_t *sums, const uint32_t *values, const int8_t *weights, uint32_t groups)
{
    sums[0] = sums[1] = sums[2] = sums[3] = 0;
    for (; groups > 0u; groups--, values += 2) {
        for (uint32_t channel = 0; channel < 4u; channel++, weights += 4) {
            const uint32_t word = qmcu_load_word(weights);
            sums[channel] = qmcu_multiply_halves(sums[channel], qmcu_bytes_0_2(word), values[0]);
            sums[channel] = qmcu_multiply_halves(sums[channel], qmcu_bytes_1_3(word), values[1]);
        }
    }
}

#endif

/* Values on their way to words of 16-bit halves, as SXTB16 splits them. */
typedef struct {
    uint32_t *words;
    uint32_t bytes; /* of the group that is not yet complete */
    uint32_t count; /* of these */
    uint32_t sum;   /* of all values in complete groups */
} unpacking;

static void unpack_group(unpacking *to, uint32_t bytes)
{
    to->words[0] = qmcu_bytes_0_2(bytes);
    to->words[1] = qmcu_bytes_1_3(bytes);
    to->sum = qmcu_multiply_halves(to->sum, to->words[0], 0x00010001u);
    to->sum = qmcu_multiply_halves(to->sum, to->words[1], 0x00010001u);
    to->words += 2;
    to->bytes = 0;
    to->count = 0;
}

static void unpack_row(unpacking *to, const int8_t *values, int32_t count)
{
    while (count > 0) {
        if (to->count == 0u && count >= 4) {
            unpack_group(to, qmcu_load_word(values));
            values += 4;
            count -= 4;
            continue;
        }
        to->bytes |= (uint32_t)(uint8_t)*values++ << 8u * to->count++;
        count--;
        if (to->count == 4u) {
            unpack_group(to, to->bytes);
        }
    }
}

/* Unpacks the input, filled up with zeros to a multiple of four; returns the sum of its values. */
static int32_t unpack_input(const qmcu_dense_s8_dsp_layer *layer, const qmcu_arena *arena, uint32_t *words)
{
    const qmcu_map *input = &layer->input;
    unpacking to = {words, 0, 0, 0};
    for (int32_t y = 0; y < input->height; y++) {
        unpack_row(&to, (const int8_t *)qmcu_row(input, arena, y), input->width * input->channels);
    }
    if (to.count > 0u) {
        unpack_group(&to, to.bytes);
    }
    return (int32_t)to.sum;
}

void qmcu_dense_s8_dsp(const qmcu_dense_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    const uint32_t count = (uint32_t)layer->input.height * layer->input.width * layer->input.channels;
    const uint32_t groups = (count + 3u) / 4u;
    uint32_t *words = (uint32_t *)(void *)qmcu_at(arena, layer->scratch);
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, rect->y0);
    const int8_t *weights = layer->weights;
    const int32_t zero_point_share = layer->weight_zero_point * unpack_input(layer, arena, words);

    for (int32_t first = 0; first < channels; first += 4, weights += 16u * groups) {
        uint32_t sums[4];
        sum_block(sums, words, weights, groups);
        for (int32_t i = 0; i < 4 && first + i < channels; i++) {
            const int32_t sum = (int32_t)sums[i] + layer->bias[first + i] - zero_point_share;
            output[first + i] = qmcu_requantize(&layer->requant, first + i, sum);
        }
    }
}
