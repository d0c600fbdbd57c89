/* SPDX-License-Identifier: 0BSD */
#include "qmcu_tile_s8_dsp.h"

#include "qmcu_dsp.h"

/* Fewer pixels than these are multiplied faster than weights are expanded. */
#define PIXELS_WORTH_EXPANDING 4u

qmcu_tile_scratch qmcu_tile_scratch_at(const qmcu_tile_s8_dsp *tile, uint8_t *scratch)
{
    qmcu_tile_scratch at;
    at.activations = (uint32_t *)(void *)scratch;
    at.stream = at.activations + 2u * tile->chunk_pixels * tile->groups;
    at.rest = (int8_t *)(at.stream + 4u * tile->expanded_blocks * tile->groups);
    return at;
}

static uint32_t zero_points_of(const qmcu_tile_s8_dsp *tile)
{
    return ((uint32_t)-tile->weight_zero_point & 0xFFFFu) * 0x10001u;
}

static inline void expand(const qmcu_tile_s8_dsp *tile, uint32_t *words, const int8_t *weights, uint32_t groups)
{
    if (tile->weight_bits == 8u) {
        qmcu_expand_weights(words, weights, groups, zero_points_of(tile));
    } else {
        qmcu_expand_narrow_weights(words, (const uint8_t *)weights, groups, tile->weight_bits, tile->weight_raise);
    }
}

void qmcu_tile_begin(const qmcu_tile_s8_dsp *tile, const qmcu_tile_scratch *scratch, uint32_t channels)
{
    if (tile->expanded_blocks > 1u) {
        const uint32_t groups = (channels + 1u) / 2u * tile->groups;
        expand(tile, scratch->stream, tile->weights, groups);
    }
}

static qmcu_rounding_mode mode_of(const qmcu_requant *requant)
{
    if (requant->shift == NULL) {
        return QMCU_ONCE;
    }
    return requant->min >= requant->zero_point ? QMCU_TWICE_CUT_OFF : QMCU_TWICE;
}

/* Fills in what depends on the two channels from `channel`. */
static inline void set_channels(const qmcu_tile_s8_dsp *tile, uint32_t channel, qmcu_tile_block *block)
{
    const qmcu_requant *requant = &tile->requant;
    const int32_t *bias = tile->bias + channel, *multiplier = requant->multiplier + channel;
    block->bias[0] = block->bias[2] = bias[0];
    block->bias[1] = block->bias[3] = bias[1];
    block->multiplier[0] = multiplier[0];
    block->multiplier[1] = multiplier[1];
    if (requant->shift != NULL) {
        const uint32_t shift_0 = (uint32_t)-requant->shift[channel], shift_1 = (uint32_t)-requant->shift[channel + 1u];
        const uint32_t zero_point = (uint32_t)requant->zero_point;
        block->shift[0] = shift_0;
        block->shift[1] = shift_1;
        block->rounding = (int32_t)((1u << (shift_0 - 1u)) + (zero_point << shift_0));
        block->rounding_1 = (int32_t)((1u << (shift_1 - 1u)) + (zero_point << shift_1));
    }
}

/* The only channel, which its block computes twice. */
static void run_single_channel(qmcu_tile_block *block, qmcu_multiply *multiply, const uint32_t *activations,
                               uint32_t pixels, uint32_t pair_words, int8_t *output)
{
    int8_t values[4];
    block->output = values;
    block->output_stride = 2;
    block->is_odd = 0;
    for (uint32_t pixel = 0; pixel < pixels; pixel += 2u, activations += pair_words) {
        block->activations_end = activations + pair_words;
        multiply(block, activations);
        output[pixel] = values[0];
        if (pixel + 1u < pixels) {
            output[pixel + 1u] = values[2];
        }
    }
}

void qmcu_tile_run(const qmcu_tile_s8_dsp *tile, const qmcu_tile_scratch *scratch, uint32_t pixels, uint32_t channels,
                   int8_t *output)
{
    const qmcu_requant *requant = &tile->requant;
    const uint32_t groups = tile->groups, pair_words = 4u * groups;
    const int is_needed = tile->weight_zero_point != 0 || tile->weight_bits < 8u;
    const int expands = tile->expanded_blocks == 1u && (pixels >= PIXELS_WORTH_EXPANDING || is_needed);
    const int is_expanded = expands || tile->expanded_blocks > 1u;
    const uint32_t block_bytes = is_expanded ? 16u * groups : 8u * groups;
    const uint32_t stored_bytes = tile->weight_bits * groups;
    const int8_t *packed = tile->weights;
    const int8_t *weights = is_expanded ? (const int8_t *)scratch->stream : packed;
    qmcu_multiply *multiply;
    qmcu_tile_block block;

    block.mode = mode_of(requant);
    block.rounding = requant->zero_point;
    block.output_stride = channels;
    block.activations_end = scratch->activations + pixels / 2u * pair_words;
    block.is_odd = pixels % 2u;
    multiply = qmcu_begin_block(&block, groups, is_expanded);
    for (uint32_t channel = 0; channel < channels; channel += 2u, packed += stored_bytes) {
        const uint32_t first = channel + 1u < channels || channels == 1u ? channel : channel - 1u;
        if (expands) {
            expand(tile, scratch->stream, packed, groups);
        }
        block.weights = weights;
        block.weights_end = weights + block_bytes;
        block.output = output + first;
        set_channels(tile, first, &block);
        if (channels == 1u) {
            run_single_channel(&block, multiply, scratch->activations, pixels, pair_words, output);
        } else {
            multiply(&block, scratch->activations);
        }
        if (!expands) {
            weights += block_bytes;
        }
    }
    qmcu_clamp_values(output, pixels * channels, requant->min, requant->max);
}
