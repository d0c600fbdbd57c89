/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_REQUANT_H
#define QMCU_REQUANT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Shifting a negative number to the right is left to the compiler by the C standard; here it must repeat the sign bit, as
 * every compiler for these processors does.
 */
typedef char qmcu_right_shift_is_arithmetic[(-1 >> 1) == -1 ? 1 : -1];

/* From the accumulators of a layer to its stored values. */
typedef struct {
    const int32_t *multiplier; /* one a channel */
    const int8_t *shift;       /* one a channel, for the two roundings of TensorFlow Lite; NULL for a single rounding */
    int32_t single_shift;      /* of all channels, 1 ... 22 */
    int32_t zero_point;
    int32_t min;
    int32_t max;
} qmcu_requant;

static inline int32_t qmcu_clamp(int32_t value, int32_t min, int32_t max)
{
    return value < min ? min : value > max ? max : value;
}

/* 2 * a * b / 2^32 to the nearest integer, halves upwards; a and b are not both -2^31. */
static inline int32_t qmcu_high_mul_doubled(int32_t a, int32_t b)
{
    return (int32_t)(((int64_t)a * b + (1 << 30)) >> 31);
}

/* value / 2^exponent to the nearest integer, halves away from zero; exponent 0 ... 31. */
static inline int32_t qmcu_divide_by_power(int32_t value, int32_t exponent)
{
    const int32_t mask = (int32_t)((1u << exponent) - 1u);
    const int32_t remainder = value & mask;
    const int32_t threshold = (mask >> 1) + (value < 0);
    return (value >> exponent) + (remainder > threshold);
}

/* value * 2^shift * multiplier / 2^31 in the two roundings of TensorFlow Lite; value * 2^shift wraps at 32 bits. */
static inline int32_t qmcu_scale_twice_rounded(int32_t value, int32_t multiplier, int32_t shift)
{
    if (shift > 0) {
        return qmcu_high_mul_doubled((int32_t)((uint32_t)value << shift), multiplier);
    }
    return qmcu_divide_by_power(qmcu_high_mul_doubled(value, multiplier), -shift);
}

/* value * multiplier / 2^(32 + shift) in one rounding, halves upwards; shift 1 ... 22. */
static inline int32_t qmcu_scale_once_rounded(int32_t value, int32_t multiplier, int32_t shift)
{
    const int32_t high = (int32_t)(((int64_t)value * multiplier) >> 32);
    return (high + (1 << (shift - 1))) >> shift;
}

/* The stored value of an accumulator of one channel. */
static inline int8_t qmcu_requantize(const qmcu_requant *requant, int32_t channel, int32_t accumulator)
{
    const int32_t multiplier = requant->multiplier[channel];
    const int32_t scaled = requant->shift != NULL
                               ? qmcu_scale_twice_rounded(accumulator, multiplier, requant->shift[channel])
                               : qmcu_scale_once_rounded(accumulator, multiplier, requant->single_shift);
    return (int8_t)qmcu_clamp(scaled + requant->zero_point, requant->min, requant->max);
}

#ifdef __cplusplus
}
#endif

#endif
