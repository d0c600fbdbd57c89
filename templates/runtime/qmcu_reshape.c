/* SPDX-License-Identifier: 0BSD */
#include "qmcu_reshape.h"

#include <string.h>

static int32_t row_values(const qmcu_map *map)
{
    return map->width * map->channels;
}

void qmcu_reshape(const qmcu_reshape_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t in_values = row_values(&layer->input);
    const int32_t out_values = row_values(&layer->output);
    int32_t in_row = rect->y0 * out_values / in_values;
    int32_t in_column = rect->y0 * out_values % in_values;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        uint8_t *output = qmcu_row(&layer->output, arena, y);
        int32_t missing = out_values;
        while (missing > 0) {
            const int32_t left_in_row = in_values - in_column;
            const int32_t count = missing < left_in_row ? missing : left_in_row;
            memmove(output, qmcu_row(&layer->input, arena, in_row) + in_column, (size_t)count);
            output += count;
            missing -= count;
            in_column += count;
            if (in_column == in_values) {
                in_column = 0;
                in_row++;
            }
        }
    }
}
