/* SPDX-License-Identifier: 0BSD */
#include "qmcu_pointwise_s8_mve.h"

#include "qmcu_mve.h"

/* Whether row y+1 of a map follows row y without a gap, where a call covers the columns from `from` to `to`. */
static int follows(const qmcu_map *map, int32_t y, int32_t from, int32_t to)
{
    const uint32_t bytes = (uint32_t)(to - from) * map->channels;
    return map->row_bytes == bytes && (y + 1) % map->ring_rows != 0;
}

static void copy_bytes(int8_t *to, const int8_t *from, int32_t count)
{
#if QMCU_MVE
    for (; count >= 16; count -= 16, to += 16, from += 16) {
        vstrbq_s8(to, vldrbq_s8(from));
    }
    if (count > 0) {
        const mve_pred16_t present = vctp8q((uint32_t)count);
        vstrbq_p_s8(to, vldrbq_z_s8(from, present), present);
    }
#else
    for (int32_t i = 0; i < count; i++) {
        to[i] = from[i];
    }
#endif
}

/* Pixels in a row. Copies are of those that follow each other only. */
static void compute_pixels(const qmcu_pointwise_s8_mve_layer *layer, const qmcu_arena *arena, const int8_t *input,
                           int8_t *output, int32_t pixels)
{
    const int32_t step = layer->window.stride_w * layer->input.channels, most = layer->copied_pixels;
    if (most == 0) {
        qmcu_multiply_row(&layer->multiply, input, step, output, pixels);
        return;
    }
    int8_t *const copies = (int8_t *)qmcu_at(arena, layer->scratch);
    for (int32_t count; pixels > 0; pixels -= count, input += count * step, output += count * layer->output.channels) {
        count = pixels < most ? pixels : most;
        copy_bytes(copies, input, count * step);
        qmcu_multiply_row(&layer->multiply, copies, step, output, count);
    }
}

void qmcu_pointwise_s8_mve(const qmcu_pointwise_s8_mve_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t stride_h = layer->window.stride_h, stride_w = layer->window.stride_w;
    const int32_t columns = rect->x1 - rect->x0;
    for (int32_t y = rect->y0, last = y; y < rect->y1; y = last + 1) {
        const int8_t *input = qmcu_pixel(&layer->input, arena, y * stride_h, rect->x0 * stride_w, rect->in_x[0]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        /* Rows that follow each other are one. */
        for (last = y; last + 1 < rect->y1 && stride_h == 1 && stride_w == 1; last++) {
            if (!follows(&layer->input, last, rect->x0, rect->x1) || !follows(&layer->output, last, rect->x0, rect->x1)) {
                break;
            }
        }
        compute_pixels(layer, arena, input, output, (last + 1 - y) * columns);
    }
}
