/* SPDX-License-Identifier: 0BSD */
#include "qmcu_plane_input_dsp.h"

enum { PLANES = 4 };

void qmcu_pad_plane_rows(uint32_t *planes, const qmcu_plane_row *row, uint32_t before, uint32_t rows)
{
    const uint32_t row_words = row->plane_bytes / 4u, padding = row->padding_bytes / 4u;
    const uint32_t *end = planes + rows * PLANES * row_words;
    if (padding == 0u) {
        return;
    }
    for (uint32_t *words = planes; words != end; words += row_words) {
        for (uint32_t i = 0; i < padding; i++) {
            words[i < before ? i : row_words - padding + i] = 0;
        }
    }
}

void qmcu_find_plane_rows(qmcu_plane_input *input, const qmcu_plane_source *source, const qmcu_map *map,
                          const qmcu_arena *arena, int32_t y, int32_t column, uint32_t rows)
{
    const uint32_t first_pair = (uint32_t)column + input->row.is_mixed_before;
    const int32_t first_byte = (column * source->bits >> 3) * map->channels;
    input->unpack = source->unpack[first_pair % 2u];
    input->pixels = (const int8_t *)qmcu_row(map, arena, y) + first_byte;
    input->wrapped = (const int8_t *)qmcu_row(map, arena, 0) + first_byte;
    input->rows = rows;
    input->rows_to_wrap = map->ring_rows - (uint32_t)y % map->ring_rows;
    input->ring_rows = map->ring_rows;
}

static inline uint32_t minus_twice(int8_t zero_point)
{
    return qmcu_halves(-zero_point, -zero_point);
}

/* Lays out rows that follow each other in the ring at once. */
static inline void unpack_rows(const qmcu_plane_input *input, qmcu_unpack_rows *unpack, uint32_t channel)
{
    const int8_t *pixels = input->pixels;
    uint32_t *words = input->words;
    uint32_t rows = input->rows, adjoining = input->rows_to_wrap;
    while (rows > adjoining) {
        unpack(words, pixels + channel, &input->row, adjoining);
        words += adjoining * input->row.plane_bytes; /* four planes of words */
        rows -= adjoining;
        adjoining = input->ring_rows;
        pixels = input->wrapped;
    }
    if (rows > 0u) {
        unpack(words, pixels + channel, &input->row, rows);
    }
}

void qmcu_unpack_planes(qmcu_plane_input *input, const int8_t *zero_points, uint32_t channel)
{
    const int8_t *zeros = zero_points + channel;
    const uint32_t all_zeros = qmcu_load_word(zeros);
    const uint32_t are_alike = all_zeros == (uint8_t)zeros[0] * 0x01010101u ? 1 : 0;
    if (all_zeros != input->row.zero_points || channel == 0u) {
        input->row.zero_points = all_zeros;
        input->row.minus_zeros[0] = minus_twice(zeros[0]);
        input->row.minus_zeros[1] = minus_twice(zeros[3]);
        input->row.minus_zeros[2] = minus_twice(zeros[1]);
        input->row.minus_zeros[3] = minus_twice(zeros[2]);
    }
    unpack_rows(input, input->unpack[are_alike], channel);
}
