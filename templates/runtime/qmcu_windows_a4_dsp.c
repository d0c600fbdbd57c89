/* SPDX-License-Identifier: 0BSD */
#include "qmcu_windows_a4_dsp.h"

#include "qmcu_dsp.h"
#include "qmcu_packed.h"

/* A pixel: its bytes, one a channel, and how far its bits lie from the lowest. */
typedef struct {
    const uint8_t *bytes;
    uint32_t shift;
} pixel;

/* A pair has one value of two pixels in a byte, the second one's with its highest bit turned: less 8 as a signed number. */
#define TURN_SECOND 0x08080808u

static inline uint32_t turned(uint32_t word, uint32_t bits)
{
    return word >> bits | word << (32u - bits);
}

/* Four values of two pairs: turned until the first pixel's stands lowest, the second one's has come to stand highest. */
static inline void lay_out_fours(uint32_t *words, uint32_t pair0, uint32_t pair1, uint32_t mask)
{
    words[0] = mask & turned(pair0, 4);
    words[1] = mask & turned(pair1, 4);
    words[2] = mask & turned(pair0, 12);
    words[3] = mask & turned(pair1, 12);
    words[4] = mask & turned(pair0, 20);
    words[5] = mask & turned(pair1, 20);
    words[6] = mask & turned(pair0, 28);
    words[7] = mask & turned(pair1, 28);
}

/* The bits of a value to either end of a word; as a variable, for the compiler to keep it in a register. */
static inline uint32_t ends_of_word(void)
{
    uint32_t mask = 0xF000000Fu;
#if QMCU_DSP_ASSEMBLY
    __asm__("" : "+r"(mask));
#endif
    return mask;
}

static inline void lay_out_value(uint32_t *words, uint32_t pair0, uint32_t pair1)
{
    words[0] = 0xF000000Fu & turned(pair0 << 24 | pair0, 4);
    words[1] = 0xF000000Fu & turned(pair1 << 24 | pair1, 4);
}

/* Pixels 0 and 1 share their bytes, and so do pixels 2 and 3. */
static uint32_t *lay_out_stored_pairs(uint32_t *words, const uint8_t *pair0, const uint8_t *pair1, uint32_t channels)
{
    const uint32_t mask = ends_of_word();
    for (; channels >= 4u; channels -= 4u, pair0 += 4, pair1 += 4, words += 8) {
        lay_out_fours(words, qmcu_load_word((const int8_t *)pair0) ^ TURN_SECOND,
                      qmcu_load_word((const int8_t *)pair1) ^ TURN_SECOND, mask);
    }
    for (; channels > 0u; channels--, words += 2) {
        lay_out_value(words, *pair0++ ^ 8u, *pair1++ ^ 8u);
    }
    return words;
}

/* Four channels of a pixel, one a byte, from channel `first` on. */
static inline uint32_t four_of(pixel from, uint32_t first, uint32_t values)
{
    return qmcu_load_word((const int8_t *)from.bytes + first) >> from.shift & values;
}

static inline uint32_t one_of(pixel from, uint32_t channel, uint32_t values)
{
    return (uint32_t)from.bytes[channel] >> from.shift & values & 0xFFu;
}

/* Any four pixels. `values`: the bits of a value, in each byte. */
static uint32_t *lay_out_pixels(uint32_t *words, const pixel from[4], uint32_t channels, uint32_t values)
{
    const uint32_t mask = ends_of_word();
    uint32_t c = 0;
    for (; c + 4u <= channels; c += 4u, words += 8) {
        lay_out_fours(words, four_of(from[0], c, values) << 4 | (four_of(from[1], c, values) ^ TURN_SECOND),
                      four_of(from[2], c, values) << 4 | (four_of(from[3], c, values) ^ TURN_SECOND), mask);
    }
    for (; c < channels; c++, words += 2) {
        lay_out_value(words, one_of(from[0], c, values) << 4 | (one_of(from[1], c, values) ^ 8u),
                      one_of(from[2], c, values) << 4 | (one_of(from[3], c, values) ^ 8u));
    }
    return words;
}

/* The row under a tap; NULL outside the map. */
static const uint8_t *row_at(const qmcu_windows_a4 *windows, int32_t y)
{
    const int is_inside = y >= 0 && y < windows->input->height;
    return is_inside ? qmcu_row(windows->input, windows->arena, y) : NULL;
}

/* The pixel of a row at column x, which may be one of the padding. */
static inline pixel pixel_at(const qmcu_windows_a4 *windows, const uint8_t *row, int32_t x)
{
    const qmcu_map *input = windows->input;
    pixel found = {(const uint8_t *)windows->pad_pixel, 0};
    if (row != NULL && x >= 0 && x < input->width) {
        const int32_t column = x - windows->in_x;
        found.bytes = row + qmcu_column_byte(column, input->channels, windows->bits);
        found.shift = qmcu_column_shift(column, windows->bits);
    }
    return found;
}

static inline int share_bytes(pixel first, pixel second)
{
    return first.bytes == second.bytes && first.shift == 4u && second.shift == 0u;
}

static uint32_t *lay_out_tap(const qmcu_windows_a4 *windows, uint32_t *words, const pixel from[4])
{
    const uint32_t channels = windows->input->channels;
    if (windows->bits == 4 && share_bytes(from[0], from[1]) && share_bytes(from[2], from[3])) {
        return lay_out_stored_pairs(words, from[0].bytes, from[2].bytes, channels);
    }
    return lay_out_pixels(words, from, channels, windows->bits == 4 ? 0x0F0F0F0Fu : 0x03030303u);
}

/* The windows of two pairs. */
static uint32_t *lay_out_tile(const qmcu_windows_a4 *windows, uint32_t *words, const int32_t y[2], const int32_t x[4])
{
    const qmcu_window *window = windows->window;
    int32_t left[4];
    for (uint32_t k = 0; k < 4u; k++) {
        left[k] = x[k] * window->stride_w - window->pad_left;
    }
    for (int32_t i = 0; i < window->kernel_h; i++) {
        const int32_t dy = i * window->dilation_h - window->pad_top;
        const uint8_t *row0 = row_at(windows, y[0] * window->stride_h + dy);
        const uint8_t *row1 = row_at(windows, y[1] * window->stride_h + dy);
        for (int32_t j = 0, dx = 0; j < window->kernel_w; j++, dx += window->dilation_w) {
            const pixel from[4] = {pixel_at(windows, row0, left[0] + dx), pixel_at(windows, row0, left[1] + dx),
                                   pixel_at(windows, row1, left[2] + dx), pixel_at(windows, row1, left[3] + dx)};
            words = lay_out_tap(windows, words, from);
        }
    }
    return words;
}

/* The stored pair under one of the output, where windows are pixels. */
static inline const uint8_t *pair_under(const qmcu_windows_a4 *windows, const qmcu_place *place)
{
    const int32_t pair = (place->x - windows->in_x) >> 1;
    return qmcu_row(windows->input, windows->arena, place->y) + pair * windows->input->channels;
}

/* The first column of a pair that is wanted, and the last one. */
static inline int32_t first_wanted(const qmcu_pair_a4 *pair, const qmcu_place *place)
{
    return pair->first ? place->x : place->x + 1;
}

static inline int32_t last_wanted(const qmcu_pair_a4 *pair, const qmcu_place *place)
{
    return pair->second ? place->x + 1 : place->x;
}

void qmcu_lay_out_windows_a4(const qmcu_windows_a4 *windows, const qmcu_pair_a4 *pairs, const qmcu_place *places,
                             uint32_t count, uint32_t *words)
{
    for (uint32_t i = 0; i < count; i += 2u) {
        const uint32_t next = i + 1u < count ? i + 1u : i;
        if (windows->are_pairs) {
            words = lay_out_stored_pairs(words, pair_under(windows, &places[i]), pair_under(windows, &places[next]),
                                         windows->input->channels);
        } else {
            const int32_t y[2] = {places[i].y, places[next].y};
            const int32_t x[4] = {first_wanted(&pairs[i], &places[i]), last_wanted(&pairs[i], &places[i]),
                                  first_wanted(&pairs[next], &places[next]), last_wanted(&pairs[next], &places[next])};
            words = lay_out_tile(windows, words, y, x);
        }
    }
}
