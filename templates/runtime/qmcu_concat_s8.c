/* SPDX-License-Identifier: 0BSD */
#include "qmcu_concat_s8.h"

#include "qmcu_min_max.h"

#include <stddef.h>

static void copy_pixel(const qmcu_concat_s8_part *part, const int8_t *input, int8_t *output)
{
    for (int32_t i = 0; i < part->map.channels; i++) {
        output[i] = part->table == NULL ? input[i] : part->table[i * part->table_pitch + input[i] - part->lowest];
    }
}

/* What of the rectangle comes from one part, whose stored rows begin at column in_x. */
static void copy_part(const qmcu_concat_s8_layer *layer, const qmcu_concat_s8_part *part, const qmcu_arena *arena,
                      const qmcu_rect *rect, int32_t in_x)
{
    const int32_t y0 = qmcu_max(rect->y0, part->y);
    const int32_t y1 = qmcu_min(rect->y1, part->y + part->map.height);
    const int32_t x0 = qmcu_max(rect->x0, part->x);
    const int32_t x1 = qmcu_min(rect->x1, part->x + part->map.width);
    for (int32_t y = y0; y < y1; y++) {
        for (int32_t x = x0; x < x1; x++) {
            copy_pixel(part, qmcu_pixel(&part->map, arena, y - part->y, x - part->x, in_x),
                       qmcu_pixel(&layer->output, arena, y, x, rect->out_x) + part->channel);
        }
    }
}

void qmcu_concat_s8(const qmcu_concat_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    for (int32_t i = 0; i < layer->parts; i++) {
        copy_part(layer, &layer->part[i], arena, rect, rect->in_x[i == 0 ? 0 : 1]);
    }
}
