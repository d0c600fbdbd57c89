/* SPDX-License-Identifier: 0BSD */
#include "qmcu_dense_s8_mve.h"

#include "qmcu_mve.h"

/* Output channels that share the loads of the input. */
enum { BLOCK = 4 };

/*
 * Adds to each sum the products of a run of values with the weights of one channel, these `pitch` values apart; and the sum
 * of the values to `total`.
 */
static void take_run(int32_t sums[BLOCK], int32_t *total, const int8_t *x, const int8_t *w, int32_t pitch,
                     int32_t count)
{
#if QMCU_MVE
    int32_t sum0 = sums[0], sum1 = sums[1], sum2 = sums[2], sum3 = sums[3], all = *total;
    const int8_t *w1 = w + pitch, *w2 = w1 + pitch, *w3 = w2 + pitch;
    for (; count > 0; count -= 16, x += 16, w += 16, w1 += 16, w2 += 16, w3 += 16) {
        const mve_pred16_t present = vctp8q((uint32_t)count);
        const int8x16_t values = vldrbq_z_s8(x, present);
        all = vaddvaq_s8(all, values);
        sum0 = vmladavaq_s8(sum0, values, vldrbq_z_s8(w, present));
        sum1 = vmladavaq_s8(sum1, values, vldrbq_z_s8(w1, present));
        sum2 = vmladavaq_s8(sum2, values, vldrbq_z_s8(w2, present));
        sum3 = vmladavaq_s8(sum3, values, vldrbq_z_s8(w3, present));
    }
    sums[0] = sum0, sums[1] = sum1, sums[2] = sum2, sums[3] = sum3, *total = all;
#else
    for (int32_t i = 0; i < count; i++) {
        *total += x[i];
        for (int32_t channel = 0; channel < BLOCK; channel++) {
            sums[channel] += x[i] * w[channel * pitch + i];
        }
    }
#endif
}

/* Channels that are left over by blocks are computed together with some that have been already. */
void qmcu_dense_s8_mve(const qmcu_dense_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const qmcu_map *input = &layer->input;
    const int32_t channels = layer->output.channels;
    const int32_t row_values = input->width * input->channels, pitch = input->height * row_values;
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, rect->y0);
    for (int32_t first = 0; first < channels; first += BLOCK) {
        const int32_t from = first + BLOCK <= channels ? first : channels - BLOCK;
        int32_t sums[BLOCK] = {0}, total = 0;
        for (int32_t y = 0; y < input->height; y++) {
            const int8_t *x = (const int8_t *)qmcu_row(input, arena, y);
            take_run(sums, &total, x, layer->weights + from * pitch + y * row_values, pitch, row_values);
        }
        for (int32_t i = 0; i < BLOCK; i++) {
            const int32_t sum = layer->bias[from + i] + sums[i] - layer->weight_zero_point * total;
            output[from + i] = qmcu_requantize(&layer->requant, from + i, sum);
        }
    }
}
