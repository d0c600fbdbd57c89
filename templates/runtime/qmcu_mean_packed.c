/* SPDX-License-Identifier: 0BSD */
#include "qmcu_mean_packed.h"
#include "qmcu_packed.h"

/* Channels that are added up at once. */
enum { GROUP = 16 };

static void add_rows(const qmcu_mean_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect, int32_t first,
                     int32_t channels, int32_t sums[GROUP])
{
    const qmcu_map *input = &layer->mean.input;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const uint8_t *row = qmcu_row(input, arena, y);
        for (int32_t x = 0; x < input->width; x++) {
            qmcu_add_stored_values(row, x, input->channels, layer->input_bits, first, channels, sums);
        }
    }
}

static void store(const qmcu_mean_packed_layer *layer, uint8_t *output, int32_t channel, int32_t sum)
{
    int8_t value = qmcu_requantize(&layer->mean.requant, channel, sum);
    if (layer->zero_points != NULL) {
        value = (int8_t)qmcu_clamp(value + layer->zero_points[channel], layer->min, layer->max);
    }
    qmcu_store_value(output, 0, channel, layer->output.channels, layer->output_bits, value);
}

void qmcu_mean_packed(const qmcu_mean_packed_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    uint8_t *output = qmcu_row(&layer->output, arena, 0);
    const qmcu_fold_sums fold = qmcu_fold_sums_of(&layer->mean.fold, arena, rect, 0);
    const int32_t *start = fold.earlier == NULL ? layer->mean.start : fold.earlier;
    for (int32_t first = 0; first < layer->output.channels; first += GROUP) {
        const int32_t rest = layer->output.channels - first;
        const int32_t channels = rest < GROUP ? rest : GROUP;
        int32_t sums[GROUP];
        for (int32_t i = 0; i < channels; i++) {
            sums[i] = start[first + i];
        }
        add_rows(layer, arena, rect, first, channels, sums);
        for (int32_t i = 0; i < channels; i++) {
            if (fold.kept == NULL) {
                store(layer, output, first + i, sums[i]);
            } else {
                fold.kept[first + i] = sums[i];
            }
        }
    }
}
