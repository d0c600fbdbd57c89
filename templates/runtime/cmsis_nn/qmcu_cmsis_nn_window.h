/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CMSIS_NN_WINDOW_H
#define QMCU_CMSIS_NN_WINDOW_H

#include "qmcu_cmsis_nn_part.h"

/* A layer that slides a window over its input; weights as the library's function wants them. */
typedef struct {
    qmcu_map input;
    qmcu_map output;
    qmcu_window window;
    qmcu_cmsis_nn_sum sum;
    qmcu_cmsis_nn_scratch scratch;
    qmcu_cmsis_nn_cut cut;
} qmcu_cmsis_nn_window_layer;

/* arm_convolve_wrapper_s8 and _s4, and what they want for scratch. */
typedef arm_cmsis_nn_status qmcu_cmsis_nn_convolve(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                                                   const cmsis_nn_per_channel_quant_params *quantization,
                                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                                   const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                   const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                   const cmsis_nn_dims *output_dims, int8_t *output);
typedef int32_t qmcu_cmsis_nn_convolve_scratch(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input,
                                               const cmsis_nn_dims *filter, const cmsis_nn_dims *output);

/* arm_depthwise_conv_wrapper_s8 and _s4, and what they want for scratch. */
typedef arm_cmsis_nn_status qmcu_cmsis_nn_depthwise(const cmsis_nn_context *context,
                                                    const cmsis_nn_dw_conv_params *params,
                                                    const cmsis_nn_per_channel_quant_params *quantization,
                                                    const cmsis_nn_dims *input_dims, const int8_t *input,
                                                    const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                    const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                    const cmsis_nn_dims *output_dims, int8_t *output);
typedef int32_t qmcu_cmsis_nn_depthwise_scratch(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input,
                                                const cmsis_nn_dims *filter, const cmsis_nn_dims *output);

static inline void qmcu_cmsis_nn_run_convolve(const qmcu_cmsis_nn_window_layer *layer, const qmcu_arena *arena,
                                              const qmcu_rect *rect, qmcu_cmsis_nn_convolve *convolve,
                                              qmcu_cmsis_nn_convolve_scratch *scratch_of)
{
    const qmcu_window *window = &layer->window;
    const qmcu_cmsis_nn_sum *sum = &layer->sum;
    const cmsis_nn_context context = qmcu_cmsis_nn_context(&layer->scratch, arena);
    cmsis_nn_conv_params params = {
        .input_offset = sum->input_offset,
        .output_offset = sum->output_offset,
        .stride = {window->stride_w, window->stride_h},
        .dilation = {window->dilation_w, window->dilation_h},
        .activation = {sum->min, sum->max},
    };
    const cmsis_nn_per_channel_quant_params quantization = {(int32_t *)(uintptr_t)sum->multiplier,
                                                            (int32_t *)(uintptr_t)sum->shift};
    const cmsis_nn_dims filter = {layer->output.channels, window->kernel_h, window->kernel_w, layer->input.channels};
    const cmsis_nn_dims bias = {1, 1, 1, layer->output.channels};
    qmcu_cmsis_nn_part part =
        qmcu_cmsis_nn_parts_of(&layer->input, &layer->output, window, &layer->cut, rect, arena);
    while (qmcu_cmsis_nn_next_part(&part)) {
        params.padding = part.padding;
#ifdef QMCU_CMSIS_NN_CHECKS
        qmcu_cmsis_nn_expect(qmcu_cmsis_nn_foresees(
            &layer->scratch, scratch_of(&params, &part.input_dims, &filter, &part.output_dims)));
#else
        (void)scratch_of;
#endif
        qmcu_cmsis_nn_expect(convolve(&context, &params, &quantization, &part.input_dims, part.input, &filter,
                                      sum->weights, &bias, sum->bias, &part.output_dims,
                                      part.output) == ARM_CMSIS_NN_SUCCESS);
        qmcu_cmsis_nn_keep_part(&part);
    }
}

static inline void qmcu_cmsis_nn_run_depthwise(const qmcu_cmsis_nn_window_layer *layer, const qmcu_arena *arena,
                                               const qmcu_rect *rect, qmcu_cmsis_nn_depthwise *convolve,
                                               qmcu_cmsis_nn_depthwise_scratch *scratch_of)
{
    const qmcu_window *window = &layer->window;
    const qmcu_cmsis_nn_sum *sum = &layer->sum;
    const cmsis_nn_context context = qmcu_cmsis_nn_context(&layer->scratch, arena);
    cmsis_nn_dw_conv_params params = {
        .input_offset = sum->input_offset,
        .output_offset = sum->output_offset,
        .ch_mult = layer->output.channels / layer->input.channels,
        .stride = {window->stride_w, window->stride_h},
        .dilation = {window->dilation_w, window->dilation_h},
        .activation = {sum->min, sum->max},
    };
    const cmsis_nn_per_channel_quant_params quantization = {(int32_t *)(uintptr_t)sum->multiplier,
                                                            (int32_t *)(uintptr_t)sum->shift};
    const cmsis_nn_dims filter = {1, window->kernel_h, window->kernel_w, layer->output.channels};
    const cmsis_nn_dims bias = {1, 1, 1, layer->output.channels};
    qmcu_cmsis_nn_part part =
        qmcu_cmsis_nn_parts_of(&layer->input, &layer->output, window, &layer->cut, rect, arena);
    while (qmcu_cmsis_nn_next_part(&part)) {
        params.padding = part.padding;
#ifdef QMCU_CMSIS_NN_CHECKS
        qmcu_cmsis_nn_expect(qmcu_cmsis_nn_foresees(
            &layer->scratch, scratch_of(&params, &part.input_dims, &filter, &part.output_dims)));
#else
        (void)scratch_of;
#endif
        qmcu_cmsis_nn_expect(convolve(&context, &params, &quantization, &part.input_dims, part.input, &filter,
                                      sum->weights, &bias, sum->bias, &part.output_dims,
                                      part.output) == ARM_CMSIS_NN_SUCCESS);
        qmcu_cmsis_nn_keep_part(&part);
    }
}

#endif
