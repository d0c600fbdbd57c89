/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MIN_MAX_H
#define QMCU_MIN_MAX_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

static inline int32_t qmcu_min(int32_t a, int32_t b)
{
    return a < b ? a : b;
}

static inline int32_t qmcu_max(int32_t a, int32_t b)
{
    return a > b ? a : b;
}

#ifdef __cplusplus
}
#endif

#endif
