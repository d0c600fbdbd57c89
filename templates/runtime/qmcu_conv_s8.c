/* SPDX-License-Identifier: 0BSD */
#include "qmcu_conv_s8.h"

/* Output channels that share the loads of the input. */
enum { BLOCK = 4 };

/* Sums of a block of output channels as far as they have come; `weights` are those of the next tap. */
typedef struct {
    int32_t sums[BLOCK];
    const int8_t *weights;
    int32_t pitch;  /* from the weights of one channel to those of the next */
    int32_t values; /* input channels of the group */
} block_state;

static void take_block(void *state, const int8_t *x, int32_t step, int32_t taps)
{
    block_state *block = state;
    int32_t sum0 = block->sums[0], sum1 = block->sums[1], sum2 = block->sums[2], sum3 = block->sums[3];
    const int8_t *w0 = block->weights;
    const int8_t *w1 = w0 + block->pitch;
    const int8_t *w2 = w1 + block->pitch;
    const int8_t *w3 = w2 + block->pitch;
    int32_t values = block->values;
    block->weights += taps * values;
    if (step == values) { /* the taps lie side by side: one long run */
        values *= taps;
        taps = 1;
    }
    for (; taps > 0; taps--) {
        for (int32_t i = 0; i < values; i++) {
            const int32_t value = x[i];
            sum0 += value * *w0++;
            sum1 += value * *w1++;
            sum2 += value * *w2++;
            sum3 += value * *w3++;
        }
        x += step;
    }
    block->sums[0] = sum0;
    block->sums[1] = sum1;
    block->sums[2] = sum2;
    block->sums[3] = sum3;
}

/* The same for one channel, where a group's channels are no multiple of BLOCK. */
static void take_channel(void *state, const int8_t *x, int32_t step, int32_t taps)
{
    block_state *block = state;
    int32_t sum = block->sums[0];
    const int8_t *w = block->weights;
    for (; taps > 0; taps--) {
        for (int32_t i = 0; i < block->values; i++) {
            sum += x[i] * *w++;
        }
        x += step;
    }
    block->weights = w;
    block->sums[0] = sum;
}

/* The sum of all inputs under the window: what weights with a zero point add too much, divided by it. */
static void take_inputs(void *state, const int8_t *x, int32_t step, int32_t taps)
{
    block_state *block = state;
    for (; taps > 0; taps--) {
        for (int32_t i = 0; i < block->values; i++) {
            block->sums[0] += x[i];
        }
        x += step;
    }
}

/* Output channels of one group at one place, whose weights stand at `weights`; `output` is the pixel. */
static void compute_channels(const qmcu_conv_s8_layer *layer, const qmcu_view *view, int32_t first, int32_t channels,
                             const int8_t *weights, int8_t *output)
{
    const int32_t values = layer->input.channels / layer->groups;
    const int32_t first_input = first / (layer->output.channels / layer->groups) * values;
    const int32_t end = first + channels;
    const int32_t pitch = qmcu_conv_s8_channel_weights(layer);
    int32_t channel = first;
    int32_t share = 0;
    block_state block = {{0}, weights, pitch, values};
    if (layer->weight_zero_point != 0) {
        qmcu_view_taps(view, first_input, layer->pad_pixel, take_inputs, &block);
        share = layer->weight_zero_point * block.sums[0];
    }
    for (; channel + BLOCK <= end; channel += BLOCK) {
        for (int32_t i = 0; i < BLOCK; i++) {
            block.sums[i] = layer->bias[channel + i] - share;
        }
        qmcu_view_taps(view, first_input, layer->pad_pixel, take_block, &block);
        block.weights += (BLOCK - 1) * pitch;
        for (int32_t i = 0; i < BLOCK; i++) {
            output[channel + i] = qmcu_requantize(&layer->requant, channel + i, block.sums[i]);
        }
    }
    for (; channel < end; channel++) {
        block.sums[0] = layer->bias[channel] - share;
        qmcu_view_taps(view, first_input, layer->pad_pixel, take_channel, &block);
        output[channel] = qmcu_requantize(&layer->requant, channel, block.sums[0]);
    }
}

void qmcu_conv_s8(const qmcu_conv_s8_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t channels = layer->output.channels / layer->groups;
    const int32_t group_weights = channels * qmcu_conv_s8_channel_weights(layer);
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->window, &layer->input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x);
            qmcu_view_column(&view, x);
            for (int32_t group = 0; group < layer->groups; group++) {
                compute_channels(layer, &view, group * channels, channels, layer->weights + group * group_weights,
                                 output);
            }
        }
    }
}

void qmcu_conv_s8_channels(const qmcu_conv_s8_layer *layer, const qmcu_arena *arena,
                           const qmcu_rect *rect, int32_t first,
                           int32_t channels, const int8_t *weights)
{
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        qmcu_view view = qmcu_view_row(&layer->window, &layer->input, arena, y, rect->in_x[0]);
        for (int32_t x = rect->x0; x < rect->x1; x++) {
            qmcu_view_column(&view, x);
            compute_channels(layer, &view, first, channels, weights,
                             qmcu_pixel(&layer->output, arena, y, x, rect->out_x));
        }
    }
}
