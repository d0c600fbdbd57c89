/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_s8_mve.h"

#include "qmcu_mve.h"

/* Channels that are added up at once. */
enum { LANES = 4 };

/* What `channels` channels have at `start`, and the rows of a call; sums beyond them are of no meaning. */
static void sum_channels(const qmcu_mean_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                         const int32_t *start, int32_t first, int32_t channels, int32_t sums[LANES])
{
    const int32_t pitch = layer->input.channels, width = layer->input.width;
#if QMCU_MVE
    const mve_pred16_t present = vctp32q((uint32_t)channels);
    int32x4_t sum = vldrwq_z_s32(start + first, present);
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *x = (const int8_t *)qmcu_row(&layer->input, arena, y) + first;
        if (channels >= LANES) {
            for (int32_t column = 0; column < width; column++, x += pitch) {
                sum = vaddq_s32(sum, vldrbq_s32(x));
            }
        } else {
            for (int32_t column = 0; column < width; column++, x += pitch) {
                sum = vaddq_s32(sum, vldrbq_z_s32(x, present));
            }
        }
    }
    vstrwq_s32(sums, sum);
#else
    for (int32_t i = 0; i < channels && i < LANES; i++) {
        sums[i] = start[first + i];
        for (int32_t y = rect->y0; y < rect->y1; y++) {
            const int8_t *x = (const int8_t *)qmcu_row(&layer->input, arena, y) + first + i;
            for (int32_t column = 0; column < width; column++, x += pitch) {
                sums[i] += *x;
            }
        }
    }
#endif
}

static void keep(int32_t *kept, int32_t channels, const int32_t sums[LANES])
{
    for (int32_t i = 0; i < LANES && i < channels; i++) {
        kept[i] = sums[i];
    }
}

void qmcu_mean_s8_mve(const qmcu_mean_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, 0);
    const qmcu_fold_sums fold = qmcu_fold_sums_of(&layer->fold, arena, rect, 0);
    const int32_t *start = fold.earlier == NULL ? layer->start : fold.earlier;
    for (int32_t first = 0; first < channels; first += LANES) {
        int32_t sums[LANES];
        sum_channels(layer, arena, rect, start, first, channels - first, sums);
        if (fold.kept != NULL) {
            keep(fold.kept + first, channels - first, sums);
            continue;
        }
        for (int32_t i = 0; i < LANES && first + i < channels; i++) {
            output[first + i] = qmcu_requantize(&layer->requant, first + i, sums[i]);
        }
    }
}
