/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MVE_H
#define QMCU_MVE_H

/* The vector extension of Armv8.1-M (Helium). Every function that uses it has a twin in C for all other processors. */

#include <stdint.h>

#if defined(__ARM_FEATURE_MVE) && !defined(QMCU_NO_MVE)
#define QMCU_MVE 1
#include <arm_mve.h>
#else
#define QMCU_MVE 0
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* value * multiplier / 2^32 in one rounding, halves upwards: VRMULH. */
static inline int32_t qmcu_scale_by_high_word(int32_t value, int32_t multiplier)
{
    return (int32_t)(((int64_t)value * multiplier + ((int64_t)1 << 31)) >> 32);
}

#ifdef __cplusplus
}
#endif

#endif
