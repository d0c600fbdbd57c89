/* SPDX-License-Identifier: 0BSD */
#include "qmcu_rearrange_s8.h"

#include <string.h>

/* What row y and column x add to the place in the input. */
typedef struct {
    int32_t row, column, channel;
} place;

static void copy_channels(const qmcu_rearrange_s8_layer *layer, const qmcu_arena *arena, int32_t in_x, place from,
                          int8_t *output)
{
    const int16_t *step = layer->channels;
    for (int32_t i = 0; i < layer->output.channels; i++, step += 3) {
        output[i] = qmcu_pixel(&layer->input, arena, from.row + step[0], from.column + step[1], in_x)[from.channel + step[2]];
    }
}

void qmcu_rearrange_s8(const qmcu_rearrange_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int16_t *row = &layer->rows[3 * y];
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            const int16_t *column = &layer->columns[3 * x];
            const place from = {row[0] + column[0], row[1] + column[1], row[2] + column[2]};
            int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x);
            if (layer->channels != NULL) {
                copy_channels(layer, arena, rect->in_x[0], from, output);
            } else {
                memcpy(output, qmcu_pixel(&layer->input, arena, from.row, from.column, rect->in_x[0]) + from.channel,
                       layer->output.channels);
            }
        }
    }
}
