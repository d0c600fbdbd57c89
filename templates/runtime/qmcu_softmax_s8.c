/* SPDX-License-Identifier: 0BSD */
#include "qmcu_softmax_s8.h"
#include "qmcu_requant.h"

/* Qm.n is an int32_t of m integer and n fraction bits. */
enum { SUM_INTEGER_BITS = 12, OUTPUT_BITS = 8 };

/* 1 / sum as value (Q0.31) / 2^exponent. */
typedef struct {
    int32_t value;
    int32_t exponent;
} reciprocal;

static int32_t saturate(int64_t value)
{
    return value > INT32_MAX ? INT32_MAX : value < INT32_MIN ? INT32_MIN : (int32_t)value;
}

/* Three Newton steps towards the reciprocal of a positive Q12.19 number. */
static reciprocal reciprocal_of(int32_t sum)
{
    int32_t headroom = 0;
    while (((uint32_t)sum << headroom) < 0x80000000u) {
        headroom++;
    }
    const uint32_t normalized = (uint32_t)sum << headroom;
    const int32_t half_denominator = (1 << 30) + (int32_t)((normalized - 0x80000000u) >> 1);
    int32_t guess = 1515870810 + qmcu_high_mul_doubled(half_denominator, -1010580540); /* 48/17 - 32/17 d, Q2.29 */
    for (int32_t step = 0; step < 3; step++) {
        const int32_t error = (1 << 29) - qmcu_high_mul_doubled(half_denominator, guess);
        guess += saturate((int64_t)qmcu_high_mul_doubled(guess, error) * 4);
    }
    const reciprocal result = {saturate((int64_t)guess * 2), SUM_INTEGER_BITS - headroom};
    return result;
}

static int8_t largest_of(const int8_t *values, int32_t count)
{
    int8_t largest = INT8_MIN;
    for (int32_t i = 0; i < count; i++) {
        if (values[i] > largest) {
            largest = values[i];
        }
    }
    return largest;
}

static void compute_pixel(const int32_t *exponential, const int8_t *input, int8_t *output, int32_t channels)
{
    const int8_t largest = largest_of(input, channels);
    int32_t sum = 0;
    for (int32_t i = 0; i < channels; i++) {
        sum += qmcu_divide_by_power(exponential[largest - input[i]], SUM_INTEGER_BITS);
    }
    const reciprocal scale = reciprocal_of(sum);
    for (int32_t i = 0; i < channels; i++) {
        const int32_t share = qmcu_high_mul_doubled(scale.value, exponential[largest - input[i]]);
        const int32_t scaled = qmcu_divide_by_power(share, scale.exponent + 31 - OUTPUT_BITS);
        output[i] = (int8_t)qmcu_clamp(scaled - 128, -128, 127);
    }
}

void qmcu_softmax_s8(const qmcu_softmax_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            compute_pixel(layer->exponential, qmcu_pixel(&layer->input, arena, y, x, rect->in_x[0]),
                          qmcu_pixel(&layer->output, arena, y, x, rect->out_x), layer->output.channels);
        }
    }
}
