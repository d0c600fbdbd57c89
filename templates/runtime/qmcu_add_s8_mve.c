/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_s8_mve.h"

#include "qmcu_mve.h"
#include "qmcu_requant.h"

#if QMCU_MVE

/* As qmcu_divide_by_power: VRSHL rounds halves upwards; one less for negative values, they go away from zero. */
static inline int32x4_t divide_by_power(int32x4_t values, int32x4_t sign_mask, int32_t shift)
{
    const int32x4_t one_less = vshrq_n_s32(vandq_s32(values, sign_mask), 31);
    return vrshlq_n_s32(vaddq_s32(values, one_less), shift);
}

/* What the sums of a layer have in common. */
typedef struct {
    int32_t raise, a_offset, b_offset;
    int32_t a_multiplier, b_multiplier, multiplier;
    int32_t a_shift, b_shift, shift;
    int32x4_t a_mask, b_mask; /* the sign bit of a negative shift: where nothing is shifted, nothing is rounded */
    int32_t zero_point;
    int32x4_t min, max;
} sum_constants;

static inline int32x4_t sum_of(const sum_constants *constants, int32x4_t a, int32x4_t b)
{
    int32x4_t x = vaddq_n_s32(vmulq_n_s32(a, constants->raise), constants->a_offset);
    int32x4_t y = vaddq_n_s32(vmulq_n_s32(b, constants->raise), constants->b_offset);
    x = divide_by_power(vqrdmulhq_n_s32(x, constants->a_multiplier), constants->a_mask, constants->a_shift);
    y = divide_by_power(vqrdmulhq_n_s32(y, constants->b_multiplier), constants->b_mask, constants->b_shift);
    x = vqrdmulhq_n_s32(vaddq_s32(x, y), constants->multiplier);
    x = vrshlq_n_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), constants->shift);
    return vminq_s32(vmaxq_s32(vaddq_n_s32(x, constants->zero_point), constants->min), constants->max);
}

static void add_values(const qmcu_add_s8_mve_layer *layer, const int8_t *a, const int8_t *b, int8_t *output,
                       int32_t count)
{
    const int32_t raise = 1 << layer->left_shift;
    const sum_constants constants = {
        .raise = raise,
        .a_offset = -layer->input_zero_point[0] * raise,
        .b_offset = -layer->input_zero_point[1] * raise,
        .a_multiplier = layer->input_multiplier[0],
        .b_multiplier = layer->input_multiplier[1],
        .multiplier = layer->output_multiplier,
        .a_shift = layer->input_shift[0],
        .b_shift = layer->input_shift[1],
        .shift = layer->output_shift,
        .a_mask = vdupq_n_s32(layer->input_shift[0]),
        .b_mask = vdupq_n_s32(layer->input_shift[1]),
        .zero_point = layer->output_zero_point,
        .min = vdupq_n_s32(layer->min),
        .max = vdupq_n_s32(layer->max),
    };
    for (; count >= 4; count -= 4, a += 4, b += 4, output += 4) {
        vstrbq_s32(output, sum_of(&constants, vldrbq_s32(a), vldrbq_s32(b)));
    }
    if (count > 0) {
        const mve_pred16_t present = vctp32q((uint32_t)count);
        const int32x4_t sum = sum_of(&constants, vldrbq_z_s32(a, present), vldrbq_z_s32(b, present));
        vstrbq_p_s32(output, sum, present);
    }
}

#else

static int32_t scale_input(const qmcu_add_s8_mve_layer *layer, int32_t which, int8_t value)
{
    const int32_t raised = (value - layer->input_zero_point[which]) * (1 << layer->left_shift);
    return qmcu_scale_twice_rounded(raised, layer->input_multiplier[which], layer->input_shift[which]);
}

static void add_values(const qmcu_add_s8_mve_layer *layer, const int8_t *a, const int8_t *b, int8_t *output,
                       int32_t count)
{
    for (; count > 0; count--) {
        const int32_t sum = scale_input(layer, 0, *a++) + scale_input(layer, 1, *b++);
        const int32_t scaled = qmcu_scale_twice_rounded(sum, layer->output_multiplier, layer->output_shift);
        *output++ = (int8_t)qmcu_clamp(scaled + layer->output_zero_point, layer->min, layer->max);
    }
}

#endif

void qmcu_add_s8_mve(const qmcu_add_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        add_values(layer, a, b, qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x), values);
    }
}
