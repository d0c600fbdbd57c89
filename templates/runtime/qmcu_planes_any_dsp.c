/* SPDX-License-Identifier: 0BSD */
#include "qmcu_planes_dsp.h"

static uint32_t half_words_of(uint32_t kernel_w)
{
    return kernel_w < 2u ? 1u : kernel_w / 2u;
}

/* Tap `j` of a row, zero beyond its end. */
static int32_t tap_of(const qmcu_plane_weights *from, const int8_t *row, uint32_t j)
{
    return j < from->kernel_w ? row[j] + (int16_t)(from->minus_zeros & 0xFFFFu) : 0;
}

void qmcu_lay_out_taps_any(const qmcu_plane_weights *from, uint32_t *taps)
{
    const uint32_t half_words = half_words_of(from->kernel_w);
    const int8_t *row = from->weights;
    for (uint32_t i = 0; i < from->kernel_h; i++, row += from->kernel_w) {
        for (uint32_t j = 0; j < half_words; j++) {
            *taps++ = qmcu_halves(tap_of(from, row, 2u * j), tap_of(from, row, 2u * j + 1u));
        }
        if (from->stride_w == 2u) {
            *taps++ = qmcu_halves(tap_of(from, row, 2u * half_words), 0);
            continue;
        }
        for (uint32_t j = 1; j <= half_words; j++) {
            *taps++ = qmcu_halves(tap_of(from, row, 2u * j - 1u), tap_of(from, row, 2u * j));
        }
    }
}

static int8_t requantize(const qmcu_plane_channel *channel, uint32_t accumulator, int rounds_twice)
{
    const int32_t sum = (int32_t)accumulator;
    const int32_t rounding = channel->rounding - (rounds_twice && sum < 0);
    return qmcu_saturate(qmcu_multiply_high_rounded(rounding, sum, channel->multiplier) >> channel->shift);
}

/* Adds half_words products of pairs. */
static inline uint32_t add_pairs(uint32_t sum, const uint32_t *words, const uint32_t *taps, uint32_t half_words)
{
    for (uint32_t j = 0; j < half_words; j++) {
        sum = qmcu_multiply_halves(sum, words[j], taps[j]);
    }
    return sum;
}

/* One output, whose first tap is the low half of words[0], or with is_between its high half. */
static uint32_t sum_window(const qmcu_plane_tile *tile, const qmcu_plane_window *window, uint32_t sum,
                           const uint32_t *taps, const uint32_t *words, int is_between)
{
    const uint32_t half_words = tile->half_words, row_words = tile->plane_row_bytes / 4u;
    for (uint32_t i = 0; i < window->tap_rows; i++, words += row_words) {
        if (tile->stride_w == 2u) {
            sum = add_pairs(sum, words, taps, half_words + 1u);
            taps += half_words + 1u;
        } else if (is_between) {
            sum = qmcu_multiply_halves(sum, words[0] >> 16, taps[0] & 0xFFFFu);
            sum = add_pairs(sum, words + 1, taps + half_words, half_words);
            taps += 2u * half_words;
        } else {
            sum = add_pairs(sum, words, taps, half_words);
            sum = qmcu_multiply_halves(sum, words[half_words] & 0xFFFFu, taps[2u * half_words - 1u] >> 16);
            taps += 2u * half_words;
        }
    }
    return sum;
}

/* Output `x` of a row. */
static inline void store(const qmcu_plane_tile *tile, int8_t *row, uint32_t x, int8_t value, int to_pairs)
{
    if (to_pairs) {
        const int16_t half = value;
        memcpy(row + x / 2u * tile->pixel_bytes + x % 2u * 4u, &half, sizeof half);
    } else {
        row[x * tile->pixel_bytes] = value;
    }
}

static inline void compute_plane(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                                 int8_t *output, int to_pairs)
{
    for (uint32_t y = 0; y < tile->rows; y++) {
        const qmcu_plane_window *window = &tile->windows[y];
        const uint32_t *taps = channel->taps + window->taps_bytes / 4u;
        const uint32_t *words = plane + window->plane_bytes / 4u;
        for (uint32_t x = 0; x < tile->columns; x++) {
            const uint32_t column = x * tile->stride_w;
            const uint32_t sum =
                sum_window(tile, window, channel->bias[0], taps, words + column / 2u, (int)(column % 2u));
            store(tile, output, x, requantize(channel, sum, tile->mode == 1u), to_pairs);
        }
        output += tile->output_row_bytes;
    }
}

void qmcu_compute_plane_any(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel, const uint32_t *plane,
                            int8_t *output)
{
    compute_plane(tile, channel, plane, output, 0);
}

void qmcu_compute_plane_any_to_pairs(const qmcu_plane_tile *tile, const qmcu_plane_channel *channel,
                                     const uint32_t *plane, int8_t *output)
{
    compute_plane(tile, channel, plane, output, 1);
}

const qmcu_plane_kernel qmcu_planes_any = {qmcu_lay_out_taps_any,
                                           QMCU_PLANE_STRIDES_AND_MODES(qmcu_compute_plane_any), 1};
const qmcu_plane_kernel qmcu_planes_any_to_pairs = {
    qmcu_lay_out_taps_any, QMCU_PLANE_STRIDES_AND_MODES(qmcu_compute_plane_any_to_pairs), 1};
