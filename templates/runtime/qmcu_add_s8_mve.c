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

static void add_values(const qmcu_add_s8_mve_layer *layer, const int8_t *a, const int8_t *b, int8_t *output,
                       int32_t count)
{
    const int32_t raise = 1 << layer->left_shift;
    const int32_t a_offset = -layer->input_zero_point[0] * raise, b_offset = -layer->input_zero_point[1] * raise;
    const int32_t a_multiplier = layer->input_multiplier[0], b_multiplier = layer->input_multiplier[1];
    const int32_t a_shift = layer->input_shift[0], b_shift = layer->input_shift[1];
    /* The sign bit of a negative shift: where nothing is shifted, nothing is rounded. */
    const int32x4_t a_mask = vdupq_n_s32(a_shift), b_mask = vdupq_n_s32(b_shift);
    const int32_t multiplier = layer->output_multiplier, shift = layer->output_shift;
    const int32_t zero_point = layer->output_zero_point;
    const int32x4_t min = vdupq_n_s32(layer->min), max = vdupq_n_s32(layer->max);
    for (; count > 0; count -= 4, a += 4, b += 4, output += 4) {
        const mve_pred16_t present = vctp32q((uint32_t)count);
        int32x4_t x = vaddq_n_s32(vmulq_n_s32(vldrbq_z_s32(a, present), raise), a_offset);
        int32x4_t y = vaddq_n_s32(vmulq_n_s32(vldrbq_z_s32(b, present), raise), b_offset);
        x = divide_by_power(vqrdmulhq_n_s32(x, a_multiplier), a_mask, a_shift);
        y = divide_by_power(vqrdmulhq_n_s32(y, b_multiplier), b_mask, b_shift);
        x = vqrdmulhq_n_s32(vaddq_s32(x, y), multiplier);
        x = vrshlq_n_s32(vaddq_s32(x, vshrq_n_s32(x, 31)), shift);
        x = vminq_s32(vmaxq_s32(vaddq_n_s32(x, zero_point), min), max);
        vstrbq_p_s32(output, x, present);
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

void qmcu_add_s8_mve(const qmcu_add_s8_mve_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        add_values(layer, a, b, qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x), values);
    }
}
