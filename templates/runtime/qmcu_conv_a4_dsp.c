/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_a4_dsp.h"

#include "qmcu_dsp.h"
#include "qmcu_expand_a4_dsp.h"
#include "qmcu_packed.h"
#include "qmcu_requant.h"
#include "qmcu_sum_a4_dsp.h"
#include "qmcu_windows_a4_dsp.h"

enum { MAX_CHUNK_PAIRS = 32, BLOCK = 4 };

/* One kernel call. */
typedef struct {
    const qmcu_conv_a4_dsp_layer *layer;
    const qmcu_rect *rect;
    qmcu_windows_a4 windows;
    uint32_t *activations, *streams;
    int finishes_tiles; /* whether qmcu_finish_tiles_a4 makes the values that are stored */
} conv_call;

/* A chunk of pairs. */
typedef struct {
    qmcu_pair_a4 pairs[MAX_CHUNK_PAIRS];
    qmcu_place places[MAX_CHUNK_PAIRS];
    uint32_t count;
    int is_whole; /* whether it consists of tiles of which all pixels are wanted */
} conv_chunk;

/* Writes the stream of a block; returns the segments of the next. */
static const int16_t *expand_block(const qmcu_conv_a4_dsp_layer *layer, uint32_t block, const int16_t *segments,
                                    uint32_t *stream)
{
    const uint32_t bits = layer->weight_bits;
    const uint8_t *weights = layer->weights + block * ((layer->values * (uint32_t)BLOCK * bits + 7u) / 8u);
    uint32_t bit = 0;
    for (; *segments != 0; segments++) {
        const uint32_t values = (uint32_t)*segments;
        *stream++ = qmcu_segment_header(values);
        stream = qmcu_expand_a4(stream, weights, bit, values, bits, layer->weight_raise);
        bit += values * (uint32_t)BLOCK * bits;
    }
    *stream = 0;
    return segments + 1;
}

/* SMMLA: sum + a * b / 2^32, rounded down. */
static inline int32_t multiply_high(int32_t sum, int32_t a, int32_t b)
{
    return sum + (int32_t)(((int64_t)a * b) >> 32);
}

/* Channels `first` ... of one of the pair's columns, whose sums are `own`. */
static void store_pixel(const qmcu_conv_a4_dsp_layer *layer, const qmcu_pair_a4 *pair, int is_second, uint32_t first,
                        const int32_t *own)
{
    static const uint8_t order[BLOCK] = {0, 2, 1, 3}, position[BLOCK] = {0, 4, 1, 5};
    const int32_t *requant = layer->requant + 2u * first;
    const uint32_t left = layer->output.channels - first, bits = layer->output_bits;
    const uint32_t shift = bits == 8u ? 0u : pair->shift - (is_second ? bits : 0u);
    const uint32_t mask = ((1u << bits) - 1u) << shift;
    uint8_t *bytes = pair->bytes + first + (bits == 8u && is_second ? layer->output.channels : 0u);
    for (uint32_t i = 0; i < BLOCK && i < left; i++) {
        const int32_t high = multiply_high(requant[2u * order[i] + 1u], own[position[i]], requant[2u * order[i]]);
        const int32_t value = qmcu_clamp(high >> layer->shift, layer->min, layer->max);
        bytes[i] = (uint8_t)((bytes[i] & ~mask) | ((uint32_t)value << shift & mask));
    }
}

/* A tile whose values need limits of their own, or have not 4 bits, or not four channels. */
static void compute_tile(const conv_call *call, const uint32_t *activations, const uint32_t *stream, uint32_t first,
                         const qmcu_pair_a4 pairs[2], uint32_t count)
{
    const int32_t *bias = call->layer->bias + 2u * first;
    int32_t sums[16];
    for (uint32_t i = 0; i < 16u; i++) {
        sums[i] = bias[i & 7u];
    }
    qmcu_sum_tile_a4(activations, stream, sums);
    for (uint32_t i = 0; i < count; i++) {
        if (pairs[i].first) {
            store_pixel(call->layer, &pairs[i], 0, first, sums + 8u * i);
        }
        if (pairs[i].second) {
            store_pixel(call->layer, &pairs[i], 1, first, sums + 8u * i + 2u);
        }
    }
}

/* Whether the block can write to all bytes of a pair. */
static inline int is_whole(const qmcu_pair_a4 *pair)
{
    return pair->first && pair->second;
}

/* A tile of which some pixels are not wanted, or missing. */
static void finish_part(const uint32_t *activations, const uint32_t *stream, const qmcu_block_a4 *block,
                        const qmcu_pair_a4 *pairs, uint32_t count)
{
    uint32_t values[2];
    const qmcu_pair_a4 apart[2] = {{.bytes = (uint8_t *)&values[0]}, {.bytes = (uint8_t *)&values[1]}};
    qmcu_block_a4 one = *block;
    one.first = 0;
    one.tiles = 1;
    qmcu_finish_tiles_a4(activations, stream, &one, apart);
    for (uint32_t i = 0; i < count; i++) {
        int8_t *bytes = (int8_t *)pairs[i].bytes + block->first;
        const uint32_t wanted = (pairs[i].first ? 0xF0F0F0F0u : 0u) | (pairs[i].second ? 0x0F0F0F0Fu : 0u);
        qmcu_store_word(bytes, (qmcu_load_word(bytes) & ~wanted) | (values[i] & wanted));
    }
}

/* Four channels of all tiles of a chunk. */
static void compute_block(const conv_call *call, const uint32_t *stream, uint32_t first, int has_one_segment,
                          const conv_chunk *chunk)
{
    const qmcu_conv_a4_dsp_layer *layer = call->layer;
    const uint32_t *activations = call->activations;
    const int is_finished = call->finishes_tiles && layer->output.channels - first >= BLOCK;
    int32_t partial[16];
    qmcu_block_a4 block = {layer->bias + 2u * first, layer->requant + 2u * first, NULL, first, 0};
    if (!has_one_segment) {
        block.partial = partial;
    }
    if (is_finished && chunk->is_whole) {
        block.tiles = chunk->count / 2u;
        qmcu_finish_tiles_a4(activations, stream, &block, chunk->pairs);
        return;
    }
    for (uint32_t done = 0; done < chunk->count; done += 2u, activations += 2u * layer->values) {
        const uint32_t left = chunk->count - done < 2u ? 1u : 2u;
        if (is_finished) {
            finish_part(activations, stream, &block, chunk->pairs + done, left);
        } else {
            compute_tile(call, activations, stream, first, chunk->pairs + done, left);
        }
    }
}

static void compute_chunk(const conv_call *call, const conv_chunk *chunk)
{
    const qmcu_conv_a4_dsp_layer *layer = call->layer;
    const int16_t *segments = layer->segments;
    const uint32_t *stream = call->streams;
    for (uint32_t first = 0; first < layer->output.channels; first += BLOCK) {
        const int has_one_segment = segments[1] == 0;
        if (layer->expanded_blocks == 1u) {
            segments = expand_block(layer, first / BLOCK, segments, call->streams);
            compute_block(call, call->streams, first, has_one_segment, chunk);
            continue;
        }
        compute_block(call, stream, first, has_one_segment, chunk);
        stream += layer->block_words;
        for (; *segments != 0; segments++) {
        }
        segments++;
    }
}

/* The pair of the rectangle that begins at column x, or at the one behind it. */
static qmcu_pair_a4 pair_at(const conv_call *call, int32_t y, int32_t x)
{
    const qmcu_conv_a4_dsp_layer *layer = call->layer;
    const qmcu_rect *rect = call->rect;
    const int32_t column = x - rect->out_x, bits = layer->output_bits;
    const qmcu_pair_a4 pair = {
        .bytes = qmcu_row(&layer->output, call->windows.arena, y) +
                 qmcu_column_byte(column, layer->output.channels, bits),
        .shift = (uint8_t)qmcu_column_shift(column, bits),
        .first = x >= rect->x0,
        .second = x + 1 < rect->x1,
    };
    return pair;
}

/* The pair behind one in its row. */
static inline qmcu_pair_a4 next_pair(const conv_call *call, qmcu_pair_a4 pair, int32_t x)
{
    const uint32_t channels = call->layer->output.channels;
    switch (call->layer->output_bits) {
    case 8:
        pair.bytes += 2u * channels;
        break;
    case 4:
        pair.bytes += channels;
        break;
    default:
        pair.bytes += pair.shift < 4u ? channels : 0u;
        pair.shift ^= 4u;
    }
    pair.first = 1;
    pair.second = x + 1 < call->rect->x1;
    return pair;
}

/* Fills a chunk with the pairs from `at` on; returns the place of the one after them. */
static qmcu_place fill_chunk(const conv_call *call, conv_chunk *chunk, qmcu_place at, int32_t first_x)
{
    qmcu_pair_a4 pair = pair_at(call, at.y, at.x);
    chunk->is_whole = chunk->count % 2u == 0u;
    for (uint32_t i = 0; i < chunk->count; i++) {
        chunk->pairs[i] = pair;
        chunk->places[i] = at;
        chunk->is_whole &= is_whole(&pair);
        at.x += 2;
        if (at.x < call->rect->x1) {
            pair = next_pair(call, pair, at.x);
        } else {
            at.x = first_x;
            at.y++;
            pair = pair_at(call, at.y, at.x);
        }
    }
    return at;
}

static int is_pointwise(const qmcu_window *window)
{
    return window->kernel_h == 1u && window->kernel_w == 1u && window->stride_h == 1u && window->stride_w == 1u &&
           window->pad_top == 0u && window->pad_left == 0u;
}

void qmcu_conv_a4_dsp(const qmcu_conv_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t first_x = rect->x0 - ((rect->x0 - rect->out_x) & 1);
    uint32_t pairs = (uint32_t)((rect->y1 - rect->y0) * ((rect->x1 - first_x + 1) / 2));
    qmcu_place at = {rect->y0, first_x};
    conv_call call;

    call.layer = layer;
    call.rect = rect;
    call.windows.input = &layer->input;
    call.windows.window = &layer->window;
    call.windows.pad_pixel = layer->pad_pixel;
    call.windows.arena = arena;
    call.windows.in_x = rect->in_x[0];
    call.windows.bits = layer->input_bits;
    call.windows.are_pairs = is_pointwise(&layer->window) && layer->input_bits == 4u && (first_x - rect->in_x[0]) % 2 == 0;
    call.activations = (uint32_t *)(void *)qmcu_at(arena, layer->scratch);
    call.streams = call.activations + layer->chunk_pixels / 2u * layer->values;
    call.finishes_tiles = layer->output_bits == 4u && layer->min == 0 && layer->max == 15 && layer->shift == 1u;
    if (layer->expanded_blocks != 1u) {
        const int16_t *segments = layer->segments;
        for (uint32_t block = 0; block < layer->expanded_blocks; block++) {
            segments = expand_block(layer, block, segments, call.streams + block * layer->block_words);
        }
    }
    while (pairs > 0u) {
        const uint32_t most = layer->chunk_pixels / 2u;
        conv_chunk chunk;
        chunk.count = pairs < most ? pairs : most;
        at = fill_chunk(&call, &chunk, at, first_x);
        qmcu_lay_out_windows_a4(&call.windows, chunk.pairs, chunk.places, chunk.count, call.activations);
        compute_chunk(&call, &chunk);
        pairs -= chunk.count;
    }
}
