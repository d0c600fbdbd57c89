/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_s8_dsp.h"

#include "qmcu_planes_dsp.h"

static int is_3x3(const qmcu_window *window)
{
    return window->kernel_h == 3u && window->kernel_w == 3u;
}

#if QMCU_DSP_ASSEMBLY

static void compute_3x3(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_plane_channel *constants,
                        const uint32_t *plane, int8_t *output, uint32_t rows, uint32_t columns)
{
    static qmcu_depthwise_3x3 *const kernels[2][3] = {
        {qmcu_3x3_stride_1_once, qmcu_3x3_stride_1_twice, qmcu_3x3_stride_1_twice_cut_off},
        {qmcu_3x3_stride_2_once, qmcu_3x3_stride_2_twice, qmcu_3x3_stride_2_twice_cut_off},
    };
    const qmcu_requant *requant = &layer->requant;
    const uint32_t rounding = requant->shift == NULL ? 0u : requant->min < requant->zero_point ? 1u : 2u;
    const uint32_t stride = layer->window.stride_w, pixel_bytes = layer->output.channels;
    const uint32_t span = columns / 2u * 4u * stride;
    const qmcu_plane_geometry geometry = {
        .span = span,
        .odd = columns % 2u,
        .rows = rows,
        .plane_advance = layer->window.stride_h * 4u * (uint32_t)QMCU_ROW_WORDS - span,
        .output_advance = layer->output.row_bytes - columns * pixel_bytes,
        .pixel_bytes = pixel_bytes,
    };
    kernels[stride - 1u][rounding](plane, output, constants, &geometry);
}

#endif

/* From an accumulator to a stored value. */
static int8_t requantize(const qmcu_plane_channel *constants, uint32_t accumulator, int twice)
{
    const int32_t multiplier = constants->multiplier;
    if (twice) {
        const int32_t sum = (int32_t)(2u * accumulator);
        const int32_t high = qmcu_multiply_high_rounded(constants->rounding - (sum < 0), sum, multiplier);
        return qmcu_saturate(high >> constants->shift);
    }
    const int32_t high = (int32_t)(((int64_t)(int32_t)accumulator * multiplier) >> 32);
    return qmcu_saturate((high + constants->rounding) >> constants->shift);
}

/* Words of each kind that a row of taps takes. */
static uint32_t tap_words(const qmcu_window *window)
{
    return window->kernel_w / 2u + 1u;
}

/* Four outputs of one channel under a kernel of any extent; `word` is that of the first output's first tap. */
static inline void sum_four(uint32_t sums[4], const qmcu_window *window, const uint32_t *word, const uint32_t *taps)
{
    const uint32_t words = tap_words(window);
    uint32_t sum0 = sums[0], sum1 = sums[0], sum2 = sums[0], sum3 = sums[0];
    for (uint32_t i = 0; i < window->kernel_h; i++, word += QMCU_ROW_WORDS, taps += QMCU_ROW_WORDS) {
        uint32_t value0 = word[0];
        if (window->stride_w == 1u) {
            for (uint32_t j = 0; j < words; j++) {
                const uint32_t value1 = word[j + 1u];
                const uint32_t at_word = taps[2u * j], between = taps[2u * j + 1u];
                sum0 = qmcu_multiply_halves(sum0, value0, at_word);
                sum1 = qmcu_multiply_halves(sum1, value0, between);
                sum2 = qmcu_multiply_halves(sum2, value1, at_word);
                sum3 = qmcu_multiply_halves(sum3, value1, between);
                value0 = value1;
            }
        } else {
            uint32_t value1 = word[1], value2 = word[2];
            for (uint32_t j = 0; j < words; j++) {
                const uint32_t value3 = word[j + 3u];
                const uint32_t at_word = taps[2u * j];
                sum0 = qmcu_multiply_halves(sum0, value0, at_word);
                sum1 = qmcu_multiply_halves(sum1, value1, at_word);
                sum2 = qmcu_multiply_halves(sum2, value2, at_word);
                sum3 = qmcu_multiply_halves(sum3, value3, at_word);
                value0 = value1, value1 = value2, value2 = value3;
            }
        }
    }
    sums[0] = sum0, sums[1] = sum1, sums[2] = sum2, sums[3] = sum3;
}

static void compute_any(const qmcu_depthwise_s8_dsp_layer *layer, uint32_t channel, const qmcu_plane_channel *constants,
                        const uint32_t *taps, const uint32_t *plane, int8_t *output, uint32_t rows, uint32_t columns)
{
    const qmcu_window *window = &layer->window;
    const int twice = layer->requant.shift != NULL;
    const uint32_t bias = (uint32_t)layer->bias[channel];
    for (uint32_t y = 0; y < rows; y++) {
        int8_t *pixel = output;
        for (uint32_t x = 0; x < columns; x += 4u) {
            uint32_t sums[4] = {bias};
            sum_four(sums, window, plane + x * window->stride_w / 2u, taps);
            for (uint32_t i = 0; i < 4u && x + i < columns; i++, pixel += layer->output.channels) {
                *pixel = requantize(constants, sums[i], twice);
            }
        }
        plane += window->stride_h * (uint32_t)QMCU_ROW_WORDS;
        output += layer->output.row_bytes;
    }
}

/* Where the input of a tile lies: columns x0 ... x1-1 of the input, which may begin and end outside of it. */
typedef struct {
    const qmcu_depthwise_s8_dsp_layer *layer;
    uint8_t *arena;
    int32_t first_x; /* column at which stored rows begin */
    int32_t x0, x1;
    uint32_t channel;
} tile_input;

static void unpack_outside(uint32_t *word, const int8_t *pad, uint32_t words)
{
    for (; words > 0u; words--) {
        qmcu_unpack_plane_word(word++, pad, pad);
    }
}

/* A stored row; `row` is its first stored pixel, `pad` stands for pixels outside of it. */
static void unpack_row(const tile_input *tile, uint32_t *word, const int8_t *row, const int8_t *pad)
{
    const int32_t width = tile->layer->input.width, channels = tile->layer->input.channels;
    const int32_t end = tile->x1 < width ? tile->x1 : width;
    int32_t x = tile->x0;
    for (; x < 0; x += 2) {
        qmcu_unpack_plane_word(word++, pad, x == -1 ? row : pad);
    }
    if (x + 1 < end) {
        const uint32_t words = (uint32_t)(end - x) / 2u;
        word = qmcu_unpack_planes(word, row + (x - tile->first_x) * channels, (uint32_t)channels, words);
        x += (int32_t)(2u * words);
    }
    for (; x < tile->x1; x += 2) {
        const int8_t *left = x < width ? row + (x - tile->first_x) * channels : pad;
        qmcu_unpack_plane_word(word++, left, x + 1 < tile->x1 ? pad : left);
    }
}

static void unpack_rows(const tile_input *tile, uint32_t *planes, int32_t y, uint32_t rows)
{
    const qmcu_map *input = &tile->layer->input;
    const int8_t *pad = tile->layer->pad_pixel + (tile->layer->pad_pixel != NULL ? tile->channel : 0u);
    for (uint32_t i = 0; i < rows; i++, y++, planes += QMCU_ROW_WORDS) {
        if (y >= 0 && y < input->height && tile->x0 < input->width && tile->x1 > 0) {
            const int8_t *row = (const int8_t *)qmcu_row(input, tile->arena, y) + tile->channel;
            unpack_row(tile, planes, row, pad);
        } else {
            unpack_outside(planes, pad, (uint32_t)(tile->x1 - tile->x0 + 1) / 2u);
        }
    }
}

/* Lays out the weights of four channels. */
static void unpack_weights(const qmcu_depthwise_s8_dsp_layer *layer, uint32_t channel, uint32_t *taps)
{
    const int32_t channels = layer->output.channels, kernel_w = layer->window.kernel_w;
    const int8_t zero = (int8_t)layer->weight_zero_point;
    const int8_t outside[4] = {zero, zero, zero, zero};
    const uint32_t zeros = qmcu_halves(zero, zero);
    const int8_t *row = layer->weights + channel;
    for (uint32_t i = 0; i < layer->window.kernel_h; i++, row += kernel_w * channels, taps += QMCU_ROW_WORDS) {
        const int8_t *before = outside, *left = row;
        for (int32_t j = 0; j < kernel_w + 1; j += 2, left += 2 * channels) {
            const int8_t *here = j < kernel_w ? left : outside;
            const int8_t *right = j + 1 < kernel_w ? left + channels : outside;
            qmcu_unpack_plane_word(taps + j, here, right);
            qmcu_unpack_plane_word(taps + j + 1, before, here);
            before = right;
        }
        for (uint32_t j = 0; zero != 0 && j < (uint32_t)QMCU_ROW_WORDS; j++) {
            taps[j] = qmcu_subtract_halves(taps[j], zeros);
        }
    }
}

/* What the assembly needs to know of a channel with these taps. */
static void prepare_channel(const qmcu_depthwise_s8_dsp_layer *layer, uint32_t channel, const uint32_t *taps,
                            qmcu_plane_channel *constants)
{
    const qmcu_requant *requant = &layer->requant;
    const int twice = requant->shift != NULL;
    const uint32_t shift = (uint32_t)(twice ? -requant->shift[channel] : requant->single_shift);
    constants->bias[0] = constants->bias[1] = (uint32_t)layer->bias[channel] << (twice ? 1 : 0);
    constants->multiplier = requant->multiplier[channel];
    constants->rounding = (int32_t)((1u << (shift - 1u)) + ((uint32_t)requant->zero_point << shift));
    constants->shift = shift;
    if (is_3x3(&layer->window)) {
        const uint32_t *row0 = taps, *row1 = taps + QMCU_ROW_WORDS, *row2 = taps + 2 * QMCU_ROW_WORDS;
        const int adjoin = layer->window.stride_w == 1u;
        constants->weights[0] = row0[0];
        constants->weights[1] = row1[0];
        constants->weights[2] = row2[0];
        constants->weights[3] = adjoin ? row0[3] : qmcu_low_halves(row0[2], row1[2]);
        constants->weights[4] = adjoin ? row1[3] : row2[2];
        constants->weights[5] = row2[3];
        for (uint32_t i = 0; twice && i < 6u; i++) {
            constants->weights[i] = qmcu_add_halves(constants->weights[i], constants->weights[i]);
        }
    }
}

/* Output rows from y that are computed in one go: they are no more than a chunk and adjoin in the output's ring. */
static int32_t rows_at_once(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_rect *rect, int32_t y)
{
    const int32_t rows_to_wrap = layer->output.ring_rows - y % layer->output.ring_rows;
    int32_t rows = rect->y1 - y;
    rows = rows < layer->chunk_rows ? rows : layer->chunk_rows;
    return rows < rows_to_wrap ? rows : rows_to_wrap;
}

/* The outputs of four channels in a tile, by the kernel that is best for it. */
static void compute_tile(const qmcu_depthwise_s8_dsp_layer *layer, uint32_t channel, const qmcu_plane_channel *constants,
                         const uint32_t *taps, const uint32_t *planes, int8_t *output, uint32_t rows, uint32_t columns)
{
    for (uint32_t i = 0; i < QMCU_LANES; i++, constants++, taps += QMCU_LANE_WORDS, planes += QMCU_LANE_WORDS, output++) {
#if QMCU_DSP_ASSEMBLY
        if (is_3x3(&layer->window)) {
            compute_3x3(layer, constants, planes, output, rows, columns);
            continue;
        }
#endif
        compute_any(layer, channel + i, constants, taps, planes, output, rows, columns);
    }
}

/* What one kernel call computes of four channels. */
static void compute_channels(const qmcu_depthwise_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect,
                             uint32_t channel)
{
    const qmcu_window *window = &layer->window;
    const int32_t tile_columns = (QMCU_LANE_COLUMNS - window->kernel_w) / window->stride_w + 1;
    uint32_t *taps = (uint32_t *)(void *)(arena + layer->scratch);
    uint32_t *planes = taps + window->kernel_h * (uint32_t)QMCU_ROW_WORDS;
    qmcu_plane_channel constants[QMCU_LANES];

    unpack_weights(layer, channel, taps);
    for (uint32_t i = 0; i < QMCU_LANES; i++) {
        prepare_channel(layer, channel + i, taps + i * QMCU_LANE_WORDS, &constants[i]);
    }
    for (int32_t y = rect->y0; y < rect->y1;) {
        const int32_t rows = rows_at_once(layer, rect, y);
        for (int32_t x = rect->x0; x < rect->x1; x += tile_columns) {
            const int32_t columns = rect->x1 - x < tile_columns ? rect->x1 - x : tile_columns;
            const int32_t in_x = x * window->stride_w - window->pad_left;
            const tile_input input = {
                .layer = layer,
                .arena = arena,
                .first_x = rect->in_x[0],
                .x0 = in_x,
                .x1 = in_x + (columns - 1) * window->stride_w + window->kernel_w,
                .channel = channel,
            };
            int8_t *output = qmcu_pixel(&layer->output, arena, y, x, rect->out_x) + channel;
            unpack_rows(&input, planes, y * window->stride_h - window->pad_top,
                        (uint32_t)((rows - 1) * window->stride_h + window->kernel_h));
            compute_tile(layer, channel, constants, taps, planes, output, (uint32_t)rows, (uint32_t)columns);
        }
        y += rows;
    }
}

/* Channels that are left over by blocks of four are computed together with some that have been already. */
void qmcu_depthwise_s8_dsp(const qmcu_depthwise_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    const uint32_t channels = layer->output.channels;
    for (uint32_t channel = 0; channel < channels; channel += 4u) {
        compute_channels(layer, arena, rect, channel + 4u <= channels ? channel : channels - 4u);
    }
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        int8_t *row = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        qmcu_clamp_values(row, (uint32_t)(rect->x1 - rect->x0) * channels, layer->requant.min, layer->requant.max);
    }
}
