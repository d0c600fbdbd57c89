/* SPDX-License-Identifier: 0BSD */
#include "qmcu_add_channels_s8_mve.h"

#include "qmcu_mve.h"
#include "qmcu_requant.h"

/* Channels that are added at once. */
enum { LANES = 4 };

/* Up to LANES channels of pixels side by side; the values are the first ones of each. */
static void add_channels(const qmcu_add_channels_s8_mve_layer *layer, int32_t channel, const int8_t *a, const int8_t *b,
                         int8_t *output, int32_t pixels)
{
    const int32_t channels = layer->output.channels, shift = layer->shift;
#if QMCU_MVE
    const mve_pred16_t present = vctp32q((uint32_t)(channels - channel));
    const int32x4_t m0 = vldrhq_z_s32(layer->multiplier[0] + channel, present);
    const int32x4_t m1 = vldrhq_z_s32(layer->multiplier[1] + channel, present);
    const int32x4_t offset = vldrwq_z_s32(layer->offset + channel, present);
    const int32x4_t min = vdupq_n_s32(layer->min), max = vdupq_n_s32(layer->max);
    for (; pixels > 0; pixels--, a += channels, b += channels, output += channels) {
        int32x4_t sum = vaddq_s32(offset, vmulq_s32(vldrbq_z_s32(a, present), m0));
        sum = vaddq_s32(sum, vmulq_s32(vldrbq_z_s32(b, present), m1));
        vstrbq_p_s32(output, vminq_s32(vmaxq_s32(vshlq_r_s32(sum, -shift), min), max), present);
    }
#else
    for (; pixels > 0; pixels--, a += channels, b += channels, output += channels) {
        for (int32_t i = 0; i < LANES && channel + i < channels; i++) {
            const int32_t c = channel + i;
            const int32_t sum = a[i] * layer->multiplier[0][c] + b[i] * layer->multiplier[1][c] + layer->offset[c];
            output[i] = (int8_t)qmcu_clamp(sum >> shift, layer->min, layer->max);
        }
    }
#endif
}

void qmcu_add_channels_s8_mve(const qmcu_add_channels_s8_mve_layer *layer, const qmcu_arena *arena,
                              const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *a = qmcu_pixel(&layer->input[0], arena, y, rect->x0, rect->in_x[0]);
        const int8_t *b = qmcu_pixel(&layer->input[1], arena, y, rect->x0, rect->in_x[1]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        for (int32_t channel = 0; channel < layer->output.channels; channel += LANES) {
            add_channels(layer, channel, a + channel, b + channel, output + channel, rect->x1 - rect->x0);
        }
    }
}
