/* SPDX-License-Identifier: 0BSD */
#include "qmcu_binary_product_s8.h"

static inline int32_t combine(const qmcu_binary_product_s8_layer *layer, int32_t a, int32_t b)
{
    const int32_t product = (a - layer->operand[0].zero_point) * (b - layer->operand[1].zero_point);
    return qmcu_scale_twice_rounded(product, layer->multiplier, layer->shift) + layer->output_zero_point;
}

QMCU_DEFINE_BINARY(qmcu_binary_product_s8, combine)
