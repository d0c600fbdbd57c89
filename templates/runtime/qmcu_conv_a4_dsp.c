/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_a4_dsp.h"

#include "qmcu_dsp.h"
#include "qmcu_requant.h"
#include "qmcu_sum_a4_dsp.h"

enum { MAX_CHUNK_PIXELS = 64 };

/* Weight `index` of the four in a word. */
static inline int32_t weight_of(uint32_t word, uint32_t index, uint32_t bits)
{
    return (int32_t)(word << (32u - bits * (index + 1u))) >> (32u - bits);
}

/* `count` times four weights, from bit `bit` on, to two words each. */
static inline uint32_t *expand_bits(uint32_t *words, const uint8_t *weights, uint32_t bit, uint32_t count,
                                    uint32_t bits)
{
    for (; count > 0u; count--, bit += 4u * bits, words += 2) {
        const uint32_t four = qmcu_load_word((const int8_t *)weights + (bit >> 3)) >> (bit & 7u);
        words[0] = (uint32_t)weight_of(four, 0, bits) + ((uint32_t)weight_of(four, 2, bits) << 14);
        words[1] = (uint32_t)weight_of(four, 1, bits) + ((uint32_t)weight_of(four, 3, bits) << 14);
    }
    return words;
}

/* The same, by code made for the width. */
static uint32_t *expand(uint32_t *words, const uint8_t *weights, uint32_t bit, uint32_t count, uint32_t bits)
{
    switch (bits) {
    case 8:
        return qmcu_expand_a4(words, (const int8_t *)weights + bit / 8u, count);
    case 6:
        return expand_bits(words, weights, bit, count, 6);
    case 4:
        return expand_bits(words, weights, bit, count, 4);
    default:
        return expand_bits(words, weights, bit, count, bits);
    }
}

/* Writes the stream of a block; returns the segments of the next. */
static const int16_t *expand_block(const qmcu_conv_a4_dsp_layer *layer, uint32_t block, const int16_t *segments,
                                    uint32_t *stream)
{
    const uint32_t bits = layer->weight_bits;
    const uint8_t *weights = layer->weights + block * ((layer->values * 4u * bits + 7u) / 8u);
    uint32_t bit = 0;
    for (; *segments != 0; segments++) {
        const uint32_t values = (uint32_t)*segments;
        *stream++ = qmcu_segment_header(values);
        stream = expand(stream, weights, bit, values, bits);
        bit += values * 4u * bits;
    }
    *stream = 0;
    return segments + 1;
}

/* One value of four pixels. */
static inline void combine_value(uint32_t *words, int8_t p0, int8_t p1, int8_t p2, int8_t p3)
{
    words[0] = (uint32_t)p0 | ((uint32_t)p1 ^ 8u) << 28;
    words[1] = (uint32_t)p2 | ((uint32_t)p3 ^ 8u) << 28;
}

static inline uint32_t rotated(uint32_t word, uint32_t bits)
{
    return (word >> bits | word << (32u - bits)) & 0xF000000Fu;
}

/* `values` values of four pixels; with p0 in the high half of each byte and p1 in the low one, a rotation places both. */
static uint32_t *combine_run(uint32_t *words, const int8_t *const pixels[4], uint32_t values)
{
    const int8_t *p0 = pixels[0], *p1 = pixels[1], *p2 = pixels[2], *p3 = pixels[3];
    for (; values >= 4u; values -= 4u, p0 += 4, p1 += 4, p2 += 4, p3 += 4, words += 8) {
        const uint32_t even = qmcu_load_word(p0) << 4 | (qmcu_load_word(p1) ^ 0x08080808u);
        const uint32_t odd = qmcu_load_word(p2) << 4 | (qmcu_load_word(p3) ^ 0x08080808u);
        words[0] = rotated(even, 4);
        words[1] = rotated(odd, 4);
        words[2] = rotated(even, 12);
        words[3] = rotated(odd, 12);
        words[4] = rotated(even, 20);
        words[5] = rotated(odd, 20);
        words[6] = rotated(even, 28);
        words[7] = rotated(odd, 28);
    }
    for (; values > 0u; values--, words += 2) {
        combine_value(words, *p0++, *p1++, *p2++, *p3++);
    }
    return words;
}

/* An output pixel, and the row and column of its window's first tap. */
typedef struct {
    int32_t y, x;
    int32_t top, left;
} place;

/* One kernel call. */
typedef struct {
    const qmcu_conv_a4_dsp_layer *layer;
    uint8_t *arena;
    const qmcu_rect *rect;
} conv_call;

static place place_of(const conv_call *call, int32_t y, int32_t x)
{
    const qmcu_window *window = &call->layer->window;
    const place at = {y, x, y * window->stride_h - window->pad_top, x * window->stride_w - window->pad_left};
    return at;
}

/* The next output pixel of the rectangle, row by row. */
static place next_place(const conv_call *call, place at)
{
    if (at.x + 1 == call->rect->x1) {
        return place_of(call, at.y + 1, call->rect->x0);
    }
    at.x++;
    at.left += call->layer->window.stride_w;
    return at;
}

static int is_inside(int32_t first, int32_t reach, int32_t extent)
{
    return first >= 0 && first + reach < extent;
}

static const int8_t *input_pixel(const conv_call *call, int32_t y, int32_t x)
{
    return qmcu_pixel(&call->layer->input, call->arena, y, x, call->rect->in_x[0]);
}

/* The windows of four pixels. Taps outside the map read the pad pixel. */
static uint32_t *combine_windows(const conv_call *call, const place at[4], uint32_t *words)
{
    const qmcu_conv_a4_dsp_layer *layer = call->layer;
    const qmcu_window *window = &layer->window;
    const int32_t channels = layer->input.channels, width = layer->input.width, height = layer->input.height;
    const int32_t reach_h = (window->kernel_h - 1) * window->dilation_h;
    const int32_t reach_w = (window->kernel_w - 1) * window->dilation_w;
    const int8_t *taps[4];
    int inside = window->dilation_w == 1u;
    for (int32_t i = 0; i < 4; i++) {
        inside = inside && is_inside(at[i].left, reach_w, width) && is_inside(at[i].top, reach_h, height);
    }
    for (int32_t y = 0; y <= reach_h; y += window->dilation_h) {
        if (inside) {
            for (int32_t i = 0; i < 4; i++) {
                taps[i] = input_pixel(call, at[i].top + y, at[i].left);
            }
            words = combine_run(words, taps, (uint32_t)(window->kernel_w * channels));
            continue;
        }
        for (int32_t x = 0; x <= reach_w; x += window->dilation_w) {
            for (int32_t i = 0; i < 4; i++) {
                const int32_t row = at[i].top + y, column = at[i].left + x;
                const int outside = !is_inside(row, 0, height) || !is_inside(column, 0, width);
                taps[i] = outside ? layer->pad_pixel : input_pixel(call, row, column);
            }
            words = combine_run(words, taps, (uint32_t)channels);
        }
    }
    return words;
}

/* SMMLA: sum + a * b / 2^32, rounded down. */
static inline int32_t multiply_high(int32_t sum, int32_t a, int32_t b)
{
#if QMCU_DSP_ASSEMBLY
    int32_t result;
    __asm__("smmla %0, %1, %2, %3" : "=r"(result) : "r"(a), "r"(b), "r"(sum));
    return result;
#else
    return sum + (int32_t)(((int64_t)a * b) >> 32);
#endif
}

/* USAT and SSAT: the nearest value of 4, 2 or 8 bits. */
static inline int32_t saturate(int32_t value, uint32_t bits)
{
#if QMCU_DSP_ASSEMBLY
    int32_t result;
    if (bits == 4u) {
        __asm__("usat %0, #4, %1" : "=r"(result) : "r"(value));
    } else if (bits == 2u) {
        __asm__("usat %0, #2, %1" : "=r"(result) : "r"(value));
    } else {
        __asm__("ssat %0, #8, %1" : "=r"(result) : "r"(value));
    }
    return result;
#else
    return bits == 8u ? qmcu_clamp(value, INT8_MIN, INT8_MAX) : qmcu_clamp(value, 0, (1 << bits) - 1);
#endif
}

/* The sums of four channels of each pixel, at 0, 1, 4 and 5 of its own, to four stored values. */
static inline void store_tile(const qmcu_conv_a4_dsp_layer *layer, const int32_t sums[16], uint32_t first,
                              int8_t *const outputs[4], uint32_t pixels, uint32_t bits)
{
    const int32_t *m = layer->multiplier + first, *r = layer->rounding + first;
    const int32_t m0 = m[0], m1 = m[1], m2 = m[2], m3 = m[3], r0 = r[0], r1 = r[1], r2 = r[2], r3 = r[3];
    const int32_t shift = layer->shift;
    for (uint32_t pixel = 0; pixel < pixels; pixel++) {
        const int32_t *own = sums + pixel / 2u * 8u + pixel % 2u * 2u;
        const uint32_t v0 = (uint32_t)saturate(multiply_high(r0, own[0], m0) >> shift, bits);
        const uint32_t v1 = (uint32_t)saturate(multiply_high(r1, own[1], m1) >> shift, bits);
        const uint32_t v2 = (uint32_t)saturate(multiply_high(r2, own[4], m2) >> shift, bits);
        const uint32_t v3 = (uint32_t)saturate(multiply_high(r3, own[5], m3) >> shift, bits);
        qmcu_store_word(outputs[pixel] + first, (v0 & 0xFFu) | (v1 & 0xFFu) << 8 | (v2 & 0xFFu) << 16 | v3 << 24);
    }
}

/* The same of fewer channels, or to other limits. */
static void store_some(const qmcu_conv_a4_dsp_layer *layer, const int32_t sums[16], uint32_t first, uint32_t channels,
                       int8_t *const outputs[4], uint32_t pixels)
{
    static const uint8_t position[4] = {0, 1, 4, 5};
    for (uint32_t pixel = 0; pixel < pixels; pixel++) {
        const int32_t *own = sums + pixel / 2u * 8u + pixel % 2u * 2u;
        for (uint32_t i = 0; i < channels; i++) {
            const int32_t high =
                multiply_high(layer->rounding[first + i], own[position[i]], layer->multiplier[first + i]);
            outputs[pixel][first + i] = (int8_t)qmcu_clamp(high >> layer->shift, layer->min, layer->max);
        }
    }
}

/* Width of the outputs if their limits are all that it holds; else 0. */
static uint32_t full_width(const qmcu_conv_a4_dsp_layer *layer)
{
    if (layer->min == INT8_MIN && layer->max == INT8_MAX) {
        return 8;
    }
    return layer->min != 0 ? 0u : layer->max == 15 ? 4u : layer->max == 3 ? 2u : 0u;
}

/* One block of channels of four unpacked pixels, of which `pixels` are wanted. */
static void compute_tile(const qmcu_conv_a4_dsp_layer *layer, const uint32_t *activations, const uint32_t *stream,
                         uint32_t first, int8_t *const outputs[4], uint32_t pixels)
{
    const int32_t *bias = layer->bias + 2u * first;
    const uint32_t left = layer->output.channels - first;
    int32_t sums[16];
    sums[0] = sums[8] = bias[0];
    sums[1] = sums[9] = bias[1];
    sums[2] = sums[10] = bias[4];
    sums[3] = sums[11] = bias[5];
    sums[4] = sums[12] = bias[2];
    sums[5] = sums[13] = bias[3];
    sums[6] = sums[14] = bias[6];
    sums[7] = sums[15] = bias[7];
    qmcu_sum_tile_a4(activations, stream, sums);
    switch (left < 4u ? 0u : full_width(layer)) {
    case 8:
        store_tile(layer, sums, first, outputs, pixels, 8);
        return;
    case 4:
        store_tile(layer, sums, first, outputs, pixels, 4);
        return;
    case 2:
        store_tile(layer, sums, first, outputs, pixels, 2);
        return;
    default:
        store_some(layer, sums, first, left < 4u ? left : 4u, outputs, pixels);
    }
}

/* All channels of `pixels` unpacked pixels that go to `outputs`. */
static void compute_chunk(const qmcu_conv_a4_dsp_layer *layer, const uint32_t *activations, uint32_t *streams,
                          int8_t *const *outputs, uint32_t pixels)
{
    const int16_t *segments = layer->segments;
    const uint32_t *stream = streams;
    for (uint32_t first = 0; first < layer->output.channels; first += 4u) {
        if (layer->expanded_blocks == 1u) {
            segments = expand_block(layer, first / 4u, segments, streams);
        }
        for (uint32_t done = 0; done < pixels; done += 4u) {
            compute_tile(layer, activations + done / 2u * layer->values, stream, first, outputs + done,
                         pixels - done < 4u ? pixels - done : 4u);
        }
        if (layer->expanded_blocks != 1u) {
            stream += layer->block_words;
        }
    }
}

void qmcu_conv_a4_dsp(const qmcu_conv_a4_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const conv_call call = {layer, arena, rect};
    uint32_t *activations = (uint32_t *)(void *)(arena + layer->scratch);
    uint32_t *streams = activations + layer->chunk_pixels / 2u * layer->values;
    place at = place_of(&call, rect->y0, rect->x0);
    uint32_t pixels = (uint32_t)((rect->y1 - rect->y0) * (rect->x1 - rect->x0));

    if (layer->expanded_blocks != 1u) {
        const int16_t *segments = layer->segments;
        for (uint32_t block = 0; block < layer->expanded_blocks; block++) {
            segments = expand_block(layer, block, segments, streams + block * layer->block_words);
        }
    }
    while (pixels > 0u) {
        const uint32_t count = pixels < layer->chunk_pixels ? pixels : layer->chunk_pixels;
        int8_t *outputs[MAX_CHUNK_PIXELS];
        uint32_t *words = activations;
        for (uint32_t done = 0; done < count; done += 4u) {
            place four[4] = {at, at, at, at};
            for (uint32_t i = 0; i < 4u && done + i < count; i++) {
                four[i] = at;
                outputs[done + i] = qmcu_pixel(&layer->output, arena, at.y, at.x, rect->out_x);
                at = next_place(&call, at);
            }
            words = combine_windows(&call, four, words);
        }
        compute_chunk(layer, activations, streams, outputs, count);
        pixels -= count;
    }
}
