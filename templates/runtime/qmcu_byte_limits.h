/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BYTE_LIMITS_H
#define QMCU_BYTE_LIMITS_H

/* Four signed values of a byte each in a word, limited together. */

#include "qmcu_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

static inline uint32_t qmcu_in_each_byte(int32_t value)
{
    return ((uint32_t)value & 0xFFu) * 0x01010101u;
}

/* Limits of a value, as what is done to it in turn: each in all four bytes. */
typedef struct {
    uint32_t added;      /* brings the largest value, 128 added, to 255 */
    uint32_t subtracted; /* brings the smallest one to 0 */
    uint32_t smallest;
} qmcu_byte_limits;

/* min ... max, neither of them negative. */
static inline qmcu_byte_limits qmcu_byte_limits_of(int32_t min, int32_t max)
{
    const qmcu_byte_limits limits = {
        .added = qmcu_in_each_byte(127 - max),
        .subtracted = qmcu_in_each_byte(255 - max + min),
        .smallest = qmcu_in_each_byte(min),
    };
    return limits;
}

#if !QMCU_DSP_ASSEMBLY
/* Each byte of a and b taken by `combine`. */
static inline uint32_t qmcu_byte_by_byte(uint32_t a, uint32_t b, uint32_t (*combine)(uint32_t, uint32_t))
{
    uint32_t result = 0;
    for (uint32_t shift = 0; shift < 32u; shift += 8u) {
        result |= (combine(a >> shift & 0xFFu, b >> shift & 0xFFu) & 0xFFu) << shift;
    }
    return result;
}

static inline uint32_t qmcu_sum_to_255(uint32_t a, uint32_t b)
{
    return a + b > 255u ? 255u : a + b;
}

static inline uint32_t qmcu_difference_from_0(uint32_t a, uint32_t b)
{
    return a < b ? 0u : a - b;
}

static inline uint32_t qmcu_signed_sum(uint32_t a, uint32_t b)
{
    return (uint32_t)(int32_t)qmcu_saturate((int8_t)a + (int8_t)b);
}

static inline uint32_t qmcu_larger_byte(uint32_t a, uint32_t b)
{
    return (int8_t)a >= (int8_t)b ? a : b;
}
#endif

/* UQADD8 and UQSUB8: each value limited. */
static inline uint32_t qmcu_limit_bytes(uint32_t values, qmcu_byte_limits limits)
{
    const uint32_t raised = values ^ 0x80808080u;
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("uqadd8 %0, %1, %2" : "=r"(result) : "r"(raised), "r"(limits.added));
    __asm__("uqsub8 %0, %1, %2" : "=r"(result) : "r"(result), "r"(limits.subtracted));
    return result + limits.smallest;
#else
    const uint32_t below_max = qmcu_byte_by_byte(raised, limits.added, qmcu_sum_to_255);
    return qmcu_byte_by_byte(below_max, limits.subtracted, qmcu_difference_from_0) + limits.smallest;
#endif
}

/* QADD8: sums, limited to -128 ... 127. */
static inline uint32_t qmcu_add_bytes(uint32_t a, uint32_t b)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("qadd8 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return qmcu_byte_by_byte(a, b, qmcu_signed_sum);
#endif
}

/* SSUB8 and SEL: the larger of each two values, and the smaller. */
static inline uint32_t qmcu_larger_bytes(uint32_t a, uint32_t b)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("ssub8 %0, %1, %2\n\tsel %0, %1, %2" : "=&r"(result) : "r"(a), "r"(b) : "cc");
    return result;
#else
    return qmcu_byte_by_byte(a, b, qmcu_larger_byte);
#endif
}

static inline uint32_t qmcu_smaller_bytes(uint32_t a, uint32_t b)
{
    return ~qmcu_larger_bytes(~a, ~b);
}

#ifdef __cplusplus
}
#endif

#endif
