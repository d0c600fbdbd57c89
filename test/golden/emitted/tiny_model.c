/*
 * Written by quantmcu 0.0.0 from tiny.tflite
 * (sha256 0123456789abcdef)
 * for host. Change the model or the options, not this file.
 * Options: method=int8 schedule=auto
 *
 * 7 layers, 2,572 multiply-accumulates, 208 bytes of arena, 1,291 bytes of constants.
 * at: where the output begins in the arena; rows: how many one kernel call computes, or adds up.
 *
 * #  layer        kernel              output   at  rows   MACs  constants
 * -  -----------  ------------------  ------  ---  ----  -----  ---------
 * 0  conv_0       qmcu_conv_s8        4x4x4     0     1  1,728        143
 * 1  depthwise_1  qmcu_depthwise_s8   4x4x4   128     4    576         72
 * 2  conv_2       qmcu_conv_s8        4x4x4    64     4    256         48
 * 3  add_3        qmcu_add_single_s8  4x4x4    64     4      0          0
 * 4  pool_4       qmcu_avg_pool_s8    1x1x4     0     4      0          0
 * 5  dense_5      qmcu_dense_s8       1x1x3     8     1     12         36
 * 6  softmax_6    qmcu_softmax_s8     1x1x3     0     1      0      1,024
 */
#include "tiny_model.h"

#include <stddef.h>

#include "runtime/qmcu_add_single_s8.h"
#include "runtime/qmcu_avg_pool_s8.h"
#include "runtime/qmcu_conv_s8.h"
#include "runtime/qmcu_dense_s8.h"
#include "runtime/qmcu_depthwise_s8.h"
#include "runtime/qmcu_softmax_s8.h"
#include "tiny_weights.h"

/*
 * Hooks for whoever measures or watches the layers: define any of these, or QMCU_HOOK_HEADER as the name of a header
 * that does, such as runtime/qmcu_ticks.h, which counts the ticks of each layer.
 * QMCU_ROWS_DONE tells of rows y0 ... y1-1, columns x0 ... x1-1 of a layer's output; row y lies at
 * row0 + (y - y0) * row_stride_bytes.
 */
#ifdef QMCU_HOOK_HEADER
#include QMCU_HOOK_HEADER
#endif
#ifndef QMCU_LAYER_BEGIN
#define QMCU_LAYER_BEGIN(layer) ((void)0)
#endif
#ifndef QMCU_LAYER_END
#define QMCU_LAYER_END(layer) ((void)0)
#endif
#ifndef QMCU_ROWS_DONE
#define QMCU_ROWS_DONE(layer, y0, y1, x0, x1, row0, row_stride_bytes, row_bytes) ((void)(row0), (void)(row_bytes))
#endif

/* 0 conv_0: conv 3x3, stride 2: 8x8x3 -> 4x4x4 */
static const qmcu_conv_s8_layer layer_0 = {
    .input = {.offset = 16, .row_bytes = 24, .ring_rows = 8, .height = 8, .width = 8, .channels = 3},
    .output = {.offset = 0, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .window = {.kernel_h = 3, .kernel_w = 3, .stride_h = 2, .stride_w = 2, .dilation_h = 1, .dilation_w = 1,
               .pad_top = 0, .pad_left = 0},
    .groups = 1,
    .weight_zero_point = 0,
    .weights = tiny_conv_00_weights,
    .bias = tiny_conv_00_bias,
    .pad_pixel = tiny_conv_00_pad,
    .requant = {.multiplier = tiny_conv_00_multiplier, .shift = NULL, .single_shift = 6, .zero_point = 0, .min = -128,
                .max = 127},
};

/* 1 depthwise_1: depthwise 3x3: 4x4x4 -> 4x4x4 */
static const qmcu_depthwise_s8_layer layer_1 = {
    .input = {.offset = 0, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .output = {.offset = 128, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .window = {.kernel_h = 3, .kernel_w = 3, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1,
               .pad_top = 1, .pad_left = 1},
    .multiplier = 1,
    .weight_zero_point = 0,
    .weights = tiny_depthwise_01_weights,
    .bias = tiny_depthwise_01_bias,
    .pad_pixel = tiny_depthwise_01_pad,
    .requant = {.multiplier = tiny_conv_00_multiplier, .shift = NULL, .single_shift = 6, .zero_point = 0, .min = -128,
                .max = 127},
};

/* 2 conv_2: conv 1x1: 4x4x4 -> 4x4x4 */
static const qmcu_conv_s8_layer layer_2 = {
    .input = {.offset = 128, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .output = {.offset = 64, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .window = {.kernel_h = 1, .kernel_w = 1, .stride_h = 1, .stride_w = 1, .dilation_h = 1, .dilation_w = 1,
               .pad_top = 0, .pad_left = 0},
    .groups = 1,
    .weight_zero_point = 0,
    .weights = tiny_conv_02_weights,
    .bias = tiny_conv_02_bias,
    .pad_pixel = NULL,
    .requant = {.multiplier = tiny_conv_00_multiplier, .shift = NULL, .single_shift = 5, .zero_point = 0, .min = -128,
                .max = 127},
};

/* 3 add_3: add: 4x4x4 + 4x4x4 -> 4x4x4 */
static const qmcu_add_single_s8_layer layer_3 = {
    .input = {
        {.offset = 0, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
        {.offset = 64, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    },
    .output = {.offset = 64, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .multiplier = {1, 1},
    .offset = 0,
    .shift = 1,
    .min = -128,
    .max = 127,
};

/* 4 pool_4: average pool 4x4, stride 4: 4x4x4 -> 1x1x4 */
static const qmcu_avg_pool_s8_layer layer_4 = {
    .input = {.offset = 64, .row_bytes = 16, .ring_rows = 4, .height = 4, .width = 4, .channels = 4},
    .output = {.offset = 0, .row_bytes = 4, .ring_rows = 1, .height = 1, .width = 1, .channels = 4},
    .window = {.kernel_h = 4, .kernel_w = 4, .stride_h = 4, .stride_w = 4, .dilation_h = 1, .dilation_w = 1,
               .pad_top = 0, .pad_left = 0},
    .origin = 0,
    .min = -128,
    .max = 127,
    .fold = {.rows = 4, .sums = 0},
};

/* 5 dense_5: dense: 1x1x4 -> 1x1x3 */
static const qmcu_dense_s8_layer layer_5 = {
    .input = {.offset = 0, .row_bytes = 4, .ring_rows = 1, .height = 1, .width = 1, .channels = 4},
    .output = {.offset = 8, .row_bytes = 3, .ring_rows = 1, .height = 1, .width = 1, .channels = 3},
    .weight_zero_point = 0,
    .weights = tiny_dense_05_weights,
    .bias = tiny_dense_05_bias,
    .requant = {.multiplier = tiny_dense_05_multiplier, .shift = NULL, .single_shift = 5, .zero_point = 0, .min = -128,
                .max = 127},
};

/* 6 softmax_6: softmax: 1x1x3 -> 1x1x3 */
static const qmcu_softmax_s8_layer layer_6 = {
    .input = {.offset = 8, .row_bytes = 3, .ring_rows = 1, .height = 1, .width = 1, .channels = 3},
    .output = {.offset = 0, .row_bytes = 3, .ring_rows = 1, .height = 1, .width = 1, .channels = 3},
    .exponential = tiny_softmax_06_exponential,
};

/*
 * The order in which rows are computed, as qmcu_tape.h reads it.
 * Plays: 4 times layer 0 (1 row), layer 1 (4 rows), layer 2 (4 rows), layer 3 (4 rows),
 *   layer 4 (4 rows), layer 5 (1 row), layer 6 (1 row).
 */
static const uint8_t tape[] = {
    1, 4, 7, 1, 2, 8, 4, 9, 4, 10, 4, 11, 4, 12, 1, 13, 1, 0,
};

/* Computes rows of a layer, fills in which of its output that completes, and returns the map that they belong to. */
static const qmcu_map *compute_rows(tiny_context *context, uint32_t layer, qmcu_rect *rect)
{
    switch (layer) {
    case 0:
        rect->x1 = layer_0.output.width;
        qmcu_conv_s8(&layer_0, &context->arena, rect);
        return &layer_0.output;
    case 1:
        rect->x1 = layer_1.output.width;
        qmcu_depthwise_s8(&layer_1, &context->arena, rect);
        return &layer_1.output;
    case 2:
        rect->x1 = layer_2.output.width;
        qmcu_conv_s8(&layer_2, &context->arena, rect);
        return &layer_2.output;
    case 3:
        rect->x1 = layer_3.output.width;
        qmcu_add_single_s8(&layer_3, &context->arena, rect);
        return &layer_3.output;
    case 4:
        rect->x1 = layer_4.output.width;
        qmcu_avg_pool_s8(&layer_4, &context->arena, rect);
        rect->y0 /= 4; /* rows of the output that are complete */
        rect->y1 /= 4;
        return &layer_4.output;
    case 5:
        rect->x1 = layer_5.output.width;
        qmcu_dense_s8(&layer_5, &context->arena, rect);
        return &layer_5.output;
    case 6:
        rect->x1 = layer_6.output.width;
        qmcu_softmax_s8(&layer_6, &context->arena, rect);
        return &layer_6.output;
    default:
        return NULL; /* no tape names another layer */
    }
}

static void play_step(tiny_context *context, const qmcu_tape_step *step)
{
    qmcu_rect rect = {.y0 = step->y0, .y1 = step->y1};
    QMCU_LAYER_BEGIN(step->layer);
    const qmcu_map *output = compute_rows(context, step->layer, &rect);
    QMCU_LAYER_END(step->layer);
    const int32_t first_byte = (rect.x0 - rect.out_x) * output->channels;
    const int32_t row_bytes = (rect.x1 - rect.x0) * output->channels;
    for (int32_t y = rect.y0; y < rect.y1; y++) {
        QMCU_ROWS_DONE(step->layer, y, y + 1, rect.x0, rect.x1, qmcu_row(output, &context->arena, y) + first_byte,
                       output->row_bytes, row_bytes);
    }
}

void tiny_init(tiny_context *context, void *arena)
{
    context->arena.block[0] = (uint8_t *)arena;
    context->arena.block[1] = NULL;
}

/* Plays on to the end. */
static void play(tiny_context *context)
{
    qmcu_tape_step step;
    while (qmcu_tape_next(&context->tape, &step)) {
        play_step(context, &step);
    }
}

int tiny_run(tiny_context *context)
{
    qmcu_tape_start(&context->tape, tape, NULL, context->rows_done, TINY_LAYERS);
    play(context);
    return 0;
}

void *tiny_input(tiny_context *context)
{
    return qmcu_at(&context->arena, 16);
}

const void *tiny_output(const tiny_context *context)
{
    return qmcu_at(&context->arena, 0);
}
