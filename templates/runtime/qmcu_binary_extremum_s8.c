/* SPDX-License-Identifier: 0BSD */
#include "qmcu_binary_extremum_s8.h"

static inline int32_t combine(const qmcu_binary_extremum_s8_layer *layer, int32_t a, int32_t b)
{
    return (a > b) == (layer->takes_larger != 0) ? a : b;
}

QMCU_DEFINE_BINARY(qmcu_binary_extremum_s8, combine)
