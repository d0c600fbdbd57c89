/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pointwise_pairs_s8_dsp.h"

/* Whether rows y0 ... y1-1 are one run of pairs. */
static int pairs_adjoin(const qmcu_map *map, int32_t y0, int32_t y1)
{
    return map->width % 2u == 0u && qmcu_slots_adjoin(map, y0, y1);
}

void qmcu_pointwise_pairs_s8_dsp(const qmcu_pointwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                 const qmcu_rect *rect)
{
    const qmcu_map *input = &layer->input, *output = &layer->output;
    qmcu_tile_scratch scratch = qmcu_tile_scratch_at(&layer->tile, qmcu_at(arena, layer->scratch));
    uint32_t rows = (uint32_t)(rect->y1 - rect->y0);
    uint32_t columns = output->width;

    if (pairs_adjoin(input, rect->y0, rect->y1) && qmcu_rows_adjoin(output, rect->y0, rect->y1, columns)) {
        columns *= rows;
        rows = 1;
    }
    qmcu_tile_begin(&layer->tile, &scratch, output->channels);
    for (uint32_t row = 0; row < rows; row++) {
        const int32_t y = rect->y0 + (int32_t)row;
        scratch.activations = (uint32_t *)(void *)qmcu_row(input, arena, y);
        qmcu_tile_run(&layer->tile, &scratch, columns, output->channels, qmcu_pixel(output, arena, y, 0, 0));
    }
}
