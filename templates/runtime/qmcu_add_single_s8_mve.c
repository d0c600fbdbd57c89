/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_single_s8_mve.h"

#include "qmcu_mve.h"
#include "qmcu_requant.h"

static void add_values(const qmcu_add_single_s8_mve_layer *layer, const int8_t *a, const int8_t *b, int8_t *output,
                       int32_t count)
{
    const int32_t m0 = layer->multiplier[0], m1 = layer->multiplier[1], offset = layer->offset, shift = layer->shift;
#if QMCU_MVE
    const int32x4_t first = vdupq_n_s32(m0), min = vdupq_n_s32(layer->min), max = vdupq_n_s32(layer->max);
    for (; count >= 4; count -= 4, a += 4, b += 4, output += 4) {
        int32x4_t sum = vmlasq_n_s32(vldrbq_s32(a), first, offset);
        sum = vmlaq_n_s32(sum, vldrbq_s32(b), m1);
        vstrbq_s32(output, vminq_s32(vmaxq_s32(vshlq_r_s32(sum, -shift), min), max));
    }
    if (count > 0) {
        const mve_pred16_t present = vctp32q((uint32_t)count);
        int32x4_t sum = vmlasq_n_s32(vldrbq_z_s32(a, present), first, offset);
        sum = vmlaq_n_s32(sum, vldrbq_z_s32(b, present), m1);
        vstrbq_p_s32(output, vminq_s32(vmaxq_s32(vshlq_r_s32(sum, -shift), min), max), present);
    }
#else
    for (; count > 0; count--) {
        const int32_t sum = *a++ * m0 + *b++ * m1 + offset;
        *output++ = (int8_t)qmcu_clamp(sum >> shift, layer->min, layer->max);
    }
#endif
}

void qmcu_add_single_s8_mve(const qmcu_add_single_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        add_values(layer, a, b, qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x), values);
    }
}
