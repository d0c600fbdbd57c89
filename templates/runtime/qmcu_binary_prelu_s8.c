/* SPDX-License-Identifier: 0BSD */
#include "qmcu_binary_prelu_s8.h"

static inline int32_t combine(const qmcu_binary_prelu_s8_layer *layer, int32_t a, int32_t b)
{
    const int32_t value = a - layer->operand[0].zero_point;
    const int32_t scaled =
        value >= 0 ? qmcu_scale_twice_rounded(value, layer->multiplier[0], layer->shift[0])
                   : qmcu_scale_twice_rounded(value * (b - layer->operand[1].zero_point), layer->multiplier[1],
                                              layer->shift[1]);
    return scaled + layer->output_zero_point;
}

QMCU_DEFINE_BINARY(qmcu_binary_prelu_s8, combine)
