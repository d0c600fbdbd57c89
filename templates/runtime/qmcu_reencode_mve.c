/* SPDX-License-Identifier: 0BSD */
#include "qmcu_reencode_mve.h"

#include "qmcu_mve.h"

static void flip(const int8_t *input, int8_t *output, int32_t values)
{
#if QMCU_MVE
    const int8x16_t top_bits = vdupq_n_s8(-128);
    for (; values >= 16; values -= 16, input += 16, output += 16) {
        vstrbq_s8(output, veorq_s8(vldrbq_s8(input), top_bits));
    }
    if (values > 0) {
        const mve_pred16_t present = vctp8q((uint32_t)values);
        vstrbq_p_s8(output, veorq_s8(vldrbq_z_s8(input, present), top_bits), present);
    }
#else
    for (int32_t i = 0; i < values; i++) {
        output[i] = (int8_t)(input[i] ^ -128);
    }
#endif
}

void qmcu_reencode_mve(const qmcu_reencode_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        flip(qmcu_pixel(&layer->input, arena, y, rect->x0, rect->in_x[0]),
             qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x), values);
    }
}
