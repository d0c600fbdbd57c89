/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_s8.h"

#include <stdbool.h>

/* Channels that are computed together where each has an input channel of its own. */
enum { BLOCK = 4 };

/* Sums of one or BLOCK output channels as far as they have come; `weights` are those of the next tap. */
typedef struct {
    int32_t sums[BLOCK];
    const int8_t *weights;
    int32_t pitch; /* from the weights of one tap to those of the next */
    int32_t zero_point;
} block_state;

static void take_block(void *state, const int8_t *x, int32_t step, int32_t taps)
{
    block_state *block = state;
    const int32_t pitch = block->pitch;
    const int8_t *w = block->weights;
    int32_t sum0 = block->sums[0], sum1 = block->sums[1], sum2 = block->sums[2], sum3 = block->sums[3];
    for (; taps > 0; taps--) {
        sum0 += x[0] * w[0];
        sum1 += x[1] * w[1];
        sum2 += x[2] * w[2];
        sum3 += x[3] * w[3];
        x += step;
        w += pitch;
    }
    block->weights = w;
    block->sums[0] = sum0;
    block->sums[1] = sum1;
    block->sums[2] = sum2;
    block->sums[3] = sum3;
}

static void take_channel(void *state, const int8_t *x, int32_t step, int32_t taps)
{
    block_state *block = state;
    for (; taps > 0; taps--) {
        block->sums[0] += *x * (*block->weights - block->zero_point);
        x += step;
        block->weights += block->pitch;
    }
}

/* Some output channels, whose weights stand at `weights`, those of each tap `pitch` values after those of the tap before. */
typedef struct {
    int32_t first, end;
    const int8_t *weights;
    int32_t pitch;
} slice;

/* As many of the channels as can be computed in blocks; returns the first that is left. */
static int32_t compute_blocks(const qmcu_depthwise_s8_layer *layer, const slice *part, const qmcu_view *view,
                              int8_t *output)
{
    int32_t channel = part->first;
    for (; channel + BLOCK <= part->end; channel += BLOCK) {
        block_state block = {{0}, part->weights + (channel - part->first), part->pitch, 0};
        for (int32_t i = 0; i < BLOCK; i++) {
            block.sums[i] = layer->bias[channel + i];
        }
        qmcu_view_taps(view, channel, layer->pad_pixel, take_block, &block);
        for (int32_t i = 0; i < BLOCK; i++) {
            output[channel + i] = qmcu_requantize(&layer->requant, channel + i, block.sums[i]);
        }
    }
    return channel;
}

static void compute_pixel(const qmcu_depthwise_s8_layer *layer, const slice *part, const qmcu_view *view,
                          int8_t *output)
{
    const bool has_blocks = layer->multiplier == 1 && layer->weight_zero_point == 0;
    int32_t channel = has_blocks ? compute_blocks(layer, part, view, output) : part->first;
    for (; channel < part->end; channel++) {
        const int8_t *weights = part->weights + (channel - part->first);
        block_state block = {{layer->bias[channel]}, weights, part->pitch, layer->weight_zero_point};
        qmcu_view_taps(view, channel / layer->multiplier, layer->pad_pixel, take_channel, &block);
        output[channel] = qmcu_requantize(&layer->requant, channel, block.sums[0]);
    }
}

void qmcu_depthwise_s8(const qmcu_depthwise_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels;
    qmcu_depthwise_s8_channels(layer, arena, rect, 0, channels, layer->weights, channels);
}

void qmcu_depthwise_s8_channels(const qmcu_depthwise_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                                int32_t first, int32_t channels, const int8_t *weights, int32_t pitch)
{
    const slice part = {first, first + channels, weights, pitch};
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->window, &layer->input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_pixel(layer, &part, &view, qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
