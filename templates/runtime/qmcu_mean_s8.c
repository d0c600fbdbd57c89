/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_s8.h"

/* Channels that are added up at once. */
enum { GROUP = 4 };

static void add_group(const qmcu_mean_s8_layer *layer, const int8_t *x, int32_t sums[GROUP])
{
    const int32_t channels = layer->input.channels;
    int32_t a = sums[0], b = sums[1], c = sums[2], d = sums[3];
    for (int32_t columns = layer->input.width; columns > 0; columns--) {
        a += x[0];
        b += x[1];
        c += x[2];
        d += x[3];
        x += channels;
    }
    sums[0] = a;
    sums[1] = b;
    sums[2] = c;
    sums[3] = d;
}

static void add_channels(const qmcu_mean_s8_layer *layer, const int8_t *x, int32_t channels, int32_t sums[GROUP])
{
    for (int32_t columns = layer->input.width; columns > 0; columns--) {
        for (int32_t i = 0; i < channels; i++) {
            sums[i] += x[i];
        }
        x += layer->input.channels;
    }
}

/* What channels have at `start`, and the rows of a call. */
static void sum_channels(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena,
                         const qmcu_rect *rect, const int32_t *start,
                         int32_t first, int32_t channels, int32_t sums[GROUP])
{
    for (int32_t i = 0; i < channels; i++) {
        sums[i] = start[first + i];
    }
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *x = (const int8_t *)qmcu_row(&layer->input, arena, y) + first;
        if (channels == GROUP) {
            add_group(layer, x, sums);
        } else {
            add_channels(layer, x, channels, sums);
        }
    }
}

void qmcu_mean_s8(const qmcu_mean_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    int8_t *output = (int8_t *)qmcu_row(&layer->output, arena, 0);
    const qmcu_fold_sums fold = qmcu_fold_sums_of(&layer->fold, arena, rect, 0);
    const int32_t *start = fold.earlier == NULL ? layer->start : fold.earlier;
    for (int32_t first = 0; first < layer->output.channels; first += GROUP) {
        const int32_t rest = layer->output.channels - first;
        const int32_t channels = rest < GROUP ? rest : GROUP;
        int32_t sums[GROUP];
        sum_channels(layer, arena, rect, start, first, channels, sums);
        for (int32_t i = 0; i < channels; i++) {
            if (fold.kept == NULL) {
                output[first + i] = qmcu_requantize(&layer->requant, first + i, sums[i]);
            } else {
                fold.kept[first + i] = sums[i];
            }
        }
    }
}
