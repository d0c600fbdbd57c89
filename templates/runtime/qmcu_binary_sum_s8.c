/* SPDX-License-Identifier: 0BSD */
#include "qmcu_binary_sum_s8.h"

static inline int32_t term(const qmcu_binary_sum_s8_layer *layer, int32_t number, int32_t value)
{
    const int32_t raised = (value - layer->operand[number].zero_point) * (1 << layer->left_shift);
    return qmcu_scale_twice_rounded(raised, layer->input_multiplier[number], layer->input_shift[number]);
}

static inline int32_t combine(const qmcu_binary_sum_s8_layer *layer, int32_t a, int32_t b)
{
    const int32_t sum = term(layer, 0, a) + term(layer, 1, b);
    return qmcu_scale_twice_rounded(sum, layer->output_multiplier, layer->output_shift) + layer->output_zero_point;
}

QMCU_DEFINE_BINARY(qmcu_binary_sum_s8, combine)
