/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DSP_H
#define QMCU_DSP_H

/* Single instructions of the DSP extension, each with its meaning in C for all other processors. */

#include <stdint.h>
#include <string.h>

#if defined(__ARM_FEATURE_DSP) && !defined(QMCU_NO_ASSEMBLY)
#define QMCU_DSP_ASSEMBLY 1
#else
#define QMCU_DSP_ASSEMBLY 0
#endif

/* A parameter that assembly reads from its register. */
#define QMCU_IN_REGISTER __attribute__((unused))

#ifdef __cplusplus
extern "C" {
#endif

/* Two 16-bit values in a word. */
static inline uint32_t qmcu_halves(int32_t low, int32_t high)
{
    return ((uint32_t)low & 0xFFFFu) | (uint32_t)high << 16;
}

/* Four bytes from any address, the first one lowest. */
static inline uint32_t qmcu_load_word(const int8_t *bytes)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t word;
    memcpy(&word, bytes, sizeof word);
    return word;
#else
    return (uint8_t)bytes[0] | (uint32_t)(uint8_t)bytes[1] << 8 | (uint32_t)(uint8_t)bytes[2] << 16 |
           (uint32_t)(uint8_t)bytes[3] << 24;
#endif
}

static inline void qmcu_store_word(int8_t *bytes, uint32_t word)
{
#if QMCU_DSP_ASSEMBLY
    memcpy(bytes, &word, sizeof word);
#else
    for (uint32_t i = 0; i < 4u; i++) {
        bytes[i] = (int8_t)(word >> 8u * i & 0xFFu);
    }
#endif
}

/* SXTB16: bytes 0 and 2 sign-extended. */
static inline uint32_t qmcu_bytes_0_2(uint32_t word)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("sxtb16 %0, %1" : "=r"(result) : "r"(word));
    return result;
#else
    return qmcu_halves((int8_t)(word & 0xFFu), (int8_t)(word >> 16 & 0xFFu));
#endif
}

/* SXTB16 of the rotated word: bytes 1 and 3 sign-extended. */
static inline uint32_t qmcu_bytes_1_3(uint32_t word)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("sxtb16 %0, %1, ror #8" : "=r"(result) : "r"(word));
    return result;
#else
    return qmcu_halves((int8_t)(word >> 8 & 0xFFu), (int8_t)(word >> 24));
#endif
}

/* SXTAB16: the halves of a word, and bytes 0 and 2 of another sign-extended, or bytes 1 and 3, added up modulo 2^16. */
static inline uint32_t qmcu_add_bytes_0_2(uint32_t halves, uint32_t word)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("sxtab16 %0, %1, %2" : "=r"(result) : "r"(halves), "r"(word));
    return result;
#else
    return qmcu_halves((int32_t)(halves & 0xFFFFu) + (int8_t)(word & 0xFFu),
                       (int32_t)(halves >> 16) + (int8_t)(word >> 16 & 0xFFu));
#endif
}

static inline uint32_t qmcu_add_bytes_1_3(uint32_t halves, uint32_t word)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("sxtab16 %0, %1, %2, ror #8" : "=r"(result) : "r"(halves), "r"(word));
    return result;
#else
    return qmcu_halves((int32_t)(halves & 0xFFFFu) + (int8_t)(word >> 8 & 0xFFu),
                       (int32_t)(halves >> 16) + (int8_t)(word >> 24));
#endif
}

/* PKHBT: the low halves of two words, or the low half of one and the high half of the other. */
static inline uint32_t qmcu_low_halves(uint32_t low, uint32_t high)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("pkhbt %0, %1, %2, lsl #16" : "=r"(result) : "r"(low), "r"(high));
    return result;
#else
    return (low & 0xFFFFu) | high << 16;
#endif
}

static inline uint32_t qmcu_low_and_high_half(uint32_t low, uint32_t high)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("pkhbt %0, %1, %2" : "=r"(result) : "r"(low), "r"(high));
    return result;
#else
    return (low & 0xFFFFu) | (high & 0xFFFF0000u);
#endif
}

/* PKHTB: the high halves of two words. */
static inline uint32_t qmcu_high_halves(uint32_t low, uint32_t high)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("pkhtb %0, %1, %2, asr #16" : "=r"(result) : "r"(high), "r"(low));
    return result;
#else
    return low >> 16 | (high & 0xFFFF0000u);
#endif
}

/* SADD16 and SSUB16: sums and differences of the halves of two words, modulo 2^16. */
static inline uint32_t qmcu_add_halves(uint32_t a, uint32_t b)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("sadd16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return (a & 0xFFFF0000u) + (b & 0xFFFF0000u) + ((a + b) & 0xFFFFu);
#endif
}

static inline uint32_t qmcu_subtract_halves(uint32_t a, uint32_t b)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("ssub16 %0, %1, %2" : "=r"(result) : "r"(a), "r"(b));
    return result;
#else
    return (a & 0xFFFF0000u) - (b & 0xFFFF0000u) + ((a - b) & 0xFFFFu);
#endif
}

/* SMLAD: sum + low x * low y + high x * high y, modulo 2^32. */
static inline uint32_t qmcu_multiply_halves(uint32_t sum, uint32_t x, uint32_t y)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("smlad %0, %1, %2, %3" : "=r"(result) : "r"(x), "r"(y), "r"(sum));
    return result;
#else
    const int32_t low = (int16_t)(x & 0xFFFFu) * (int16_t)(y & 0xFFFFu);
    const int32_t high = (int16_t)(x >> 16) * (int16_t)(y >> 16);
    return sum + (uint32_t)low + (uint32_t)high;
#endif
}

/* SMMLAR: sum + a * b / 2^32 to the nearest integer, halves upwards. */
static inline int32_t qmcu_multiply_high_rounded(int32_t sum, int32_t a, int32_t b)
{
#if QMCU_DSP_ASSEMBLY
    int32_t result;
    __asm__("smmlar %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return (int32_t)(sum + (((int64_t)a * b + INT64_C(0x80000000)) >> 32));
#endif
}

/* SSAT: the nearest of -128 ... 127. */
static inline int8_t qmcu_saturate(int32_t value)
{
#if QMCU_DSP_ASSEMBLY
    int32_t result;
    __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    return (int8_t)result;
#else
    return (int8_t)(value < INT8_MIN ? INT8_MIN : value > INT8_MAX ? INT8_MAX : value);
#endif
}

/* USAT: the nearest of 0 ... 15. */
static inline uint32_t qmcu_saturate_to_4_bits(int32_t value)
{
#if QMCU_DSP_ASSEMBLY
    uint32_t result;
    __asm__("usat %0, #4, %1" : "=r"(result) : "r"(value));
    return result;
#else
    return (uint32_t)(value < 0 ? 0 : value > 15 ? 15 : value);
#endif
}

/* Limits stored values to min ... max, where these are narrower than what was saturated to already. */
static inline void qmcu_clamp_values(int8_t *values, uint32_t count, int32_t min, int32_t max)
{
    if (min == INT8_MIN && max == INT8_MAX) {
        return;
    }
    for (uint32_t i = 0; i < count; i++) {
        const int32_t value = values[i];
        values[i] = (int8_t)(value < min ? min : value > max ? max : value);
    }
}

#ifdef __cplusplus
}
#endif

#endif
