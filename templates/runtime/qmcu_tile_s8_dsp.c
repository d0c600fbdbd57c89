/* SPDX-License-Identifier: 0BSD */
#include "qmcu_tile_s8_dsp.h"

#include "qmcu_dsp.h"

static uint32_t block_words(const qmcu_tile_s8_dsp *tile)
{
    return 4u + 4u * tile->pairs + (tile->requant.shift != NULL ? 12u : 4u);
}

qmcu_tile_scratch qmcu_tile_scratch_at(const qmcu_tile_s8_dsp *tile, uint8_t *scratch)
{
    qmcu_tile_scratch at;
    at.activations = (uint32_t *)(void *)scratch;
    at.stream = at.activations + (uint32_t)tile->chunk_pixels * tile->pairs;
    at.spill = (int8_t *)(at.stream + tile->expanded_blocks * block_words(tile));
    at.rest = at.spill + 4u * tile->chunk_pixels;
    return at;
}

/* What is added before a shift: its half, and the zero point, raised by 128 since saturation is to 0 ... 255. */
static uint32_t rounding_of(const qmcu_tile_s8_dsp *tile, uint32_t shift)
{
    return (1u << (shift - 1u)) + ((uint32_t)(tile->requant.zero_point + 128) << shift);
}

static qmcu_rounding_mode mode_of(const qmcu_requant *requant)
{
    if (requant->shift == NULL) {
        return QMCU_ONCE;
    }
    return requant->min >= requant->zero_point ? QMCU_TWICE_CUT_OFF : QMCU_TWICE;
}

/* Writes the stream of the four channels from `channel`. */
static void expand_block(const qmcu_tile_s8_dsp *tile, uint32_t *stream, uint32_t channel)
{
    const int32_t *bias = tile->bias + channel;
    const int32_t *multiplier = tile->requant.multiplier + channel;
    const int8_t *shifts = tile->requant.shift;
    const uint32_t zero_points = ((uint32_t)-tile->weight_zero_point & 0xFFFFu) * 0x10001u;
    const uint32_t groups = tile->pairs / 2u;
    const int8_t *weights = tile->weights + channel * 4u * ((tile->pairs + 1u) / 2u);

    stream[0] = (uint32_t)bias[0];
    stream[1] = (uint32_t)bias[1];
    stream[2] = (uint32_t)bias[2];
    stream[3] = (uint32_t)bias[3];
    stream = qmcu_expand_weights(stream + 4, weights, groups, zero_points);
    if (tile->pairs % 2u != 0u) {
        uint32_t last[8];
        qmcu_expand_weights(last, weights + 16u * groups, 1, zero_points);
        for (uint32_t i = 0; i < 4u; i++) {
            *stream++ = last[i];
        }
    }
    if (shifts == NULL) {
        stream[0] = (uint32_t)multiplier[0];
        stream[1] = (uint32_t)multiplier[1];
        stream[2] = (uint32_t)multiplier[2];
        stream[3] = (uint32_t)multiplier[3];
        return;
    }
    for (uint32_t i = 0; i < 4u; i++, stream += 3) {
        const uint32_t shift = (uint32_t)-shifts[channel + i];
        stream[0] = (uint32_t)multiplier[i];
        stream[1] = rounding_of(tile, shift);
        stream[2] = shift;
    }
}

static uint32_t min_u32(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

void qmcu_tile_begin(const qmcu_tile_s8_dsp *tile, const qmcu_tile_scratch *scratch, uint32_t channels)
{
    uint32_t *stream = scratch->stream;
    if (tile->expanded_blocks == 1u) {
        return;
    }
    for (uint32_t first = 0; first < channels; first += 4u, stream += block_words(tile)) {
        expand_block(tile, stream, first);
    }
}

void qmcu_tile_run(const qmcu_tile_s8_dsp *tile, const qmcu_tile_scratch *scratch, uint32_t pixels, uint32_t channels,
                   int8_t *output)
{
    const qmcu_requant *requant = &tile->requant;
    const uint32_t pairs = tile->pairs;
    const uint32_t entry = qmcu_tile_entry(pairs);
    const qmcu_rounding_mode mode = mode_of(requant);
    const uint32_t shift = mode == QMCU_ONCE ? (uint32_t)requant->single_shift : 0u;
    const int32_t rounding = mode == QMCU_ONCE ? (int32_t)rounding_of(tile, shift) : 0;
    uint32_t *stream = scratch->stream;

    for (uint32_t first = 0; first < channels; first += 4u) {
        const uint32_t width = min_u32(channels - first, 4u);
        const uint32_t whole_pixels = width < 4u ? 0u : pixels & ~1u;
        const uint32_t *weights_end = stream + 4u + 4u * pairs;
        const uint32_t *from = scratch->activations;
        const uint32_t *whole_end = from + whole_pixels * pairs;
        if (tile->expanded_blocks == 1u) {
            expand_block(tile, stream, first);
        }
        if (whole_pixels > 0u) {
            qmcu_multiply_tiles(from, whole_end, stream, weights_end, output + first, channels, entry, rounding, shift,
                           mode);
        }
        if (whole_pixels < pixels) {
            const uint32_t *end = from + ((pixels + 1u) & ~1u) * pairs;
            const int8_t *spill = scratch->spill;
            qmcu_multiply_tiles(whole_end, end, stream, weights_end, scratch->spill, 4u, entry, rounding, shift, mode);
            for (uint32_t pixel = whole_pixels; pixel < pixels; pixel++, spill += 4) {
                for (uint32_t i = 0; i < width; i++) {
                    output[pixel * channels + first + i] = spill[i];
                }
            }
        }
        if (tile->expanded_blocks != 1u) {
            stream += block_words(tile);
        }
    }
    qmcu_clamp_values(output, pixels * channels, requant->min, requant->max);
}
