/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_run_a4_dsp.h"

#include "qmcu_byte_limits.h"
#include "qmcu_depthwise_run_dsp.h"
#include "qmcu_packed.h"

/* What turns four outputs into values that are stored. */
typedef struct {
    uint32_t zero_points;
    qmcu_byte_limits limits;
} finish;

static inline uint32_t finish_four(const finish *how, const int8_t *values)
{
    return qmcu_limit_bytes(qmcu_add_bytes(qmcu_load_word(values), how->zero_points), how->limits);
}

/* Packs a row of outputs, the first one into column `first` of the stored row; what else its bytes hold stays. */
static void pack_row(const finish *how, const int8_t *values, int32_t columns, uint8_t *row, int32_t first,
                     int32_t channels)
{
    for (int32_t column = first, end = first + columns; column < end; column++, values += 4) {
        int8_t *bytes = (int8_t *)row + qmcu_column_byte(column, channels, 4);
        if (column % 2 == 0 && column + 1 < end) {
            qmcu_store_word(bytes, finish_four(how, values) << 4 | finish_four(how, values + 4));
            values += 4;
            column++;
        } else {
            const uint32_t shift = qmcu_column_shift(column, 4);
            const uint32_t others = qmcu_load_word(bytes) & ~(0x0F0F0F0Fu << shift);
            qmcu_store_word(bytes, others | finish_four(how, values) << shift);
        }
    }
}

static void store_block(const qmcu_plane_sink *sink, const qmcu_arena *arena, const qmcu_rect *rect,
                        const qmcu_plane_block *block)
{
    const qmcu_depthwise_a4_dsp_layer *layer = (const qmcu_depthwise_a4_dsp_layer *)sink->context;
    const qmcu_map *output = &layer->output;
    const int8_t *values = sink->block;
    const finish how = {
        .zero_points = layer->zero_points == NULL ? 0u : qmcu_load_word(layer->zero_points + block->channel),
        .limits = qmcu_byte_limits_of(layer->min, layer->max),
    };
    for (uint32_t i = 0; i < block->rows; i++, values += 4u * block->columns) {
        uint8_t *row = qmcu_row(output, arena, block->y + (int32_t)i) + block->channel;
        pack_row(&how, values, (int32_t)block->columns, row, block->x - rect->out_x, output->channels);
    }
}

void qmcu_depthwise_run_a4(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                           const qmcu_plane_kernel *kernel)
{
    const qmcu_plane_source *source = layer->input_bits == 4u ? &qmcu_planes_of_4_bits : &qmcu_planes_of_8_bits;
    const qmcu_plane_sink sink = {(int8_t *)qmcu_at(arena, layer->block), store_block, layer};
    qmcu_depthwise_run_between(&layer->sums, arena, rect, kernel, source, layer->output_bits == 4u ? &sink : NULL);
    if (layer->output_bits == 8u) {
        qmcu_depthwise_limit_outputs(&layer->sums, arena, rect);
    }
}
