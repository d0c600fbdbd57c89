/* SPDX-License-Identifier: 0BSD */
#include "qmcu_depthwise_cmsis_nn.h"

void qmcu_depthwise_cmsis_nn(const qmcu_depthwise_cmsis_nn_layer *layer, uint8_t *arena, const qmcu_rect *rect)
{
    (void)rect;
    const qmcu_window *window = &layer->window;
    const qmcu_cmsis_nn_sum *sum = &layer->sum;
    const cmsis_nn_context context = qmcu_cmsis_nn_context(&layer->scratch, arena);
    const cmsis_nn_dw_conv_params params = {
        .input_offset = sum->input_offset,
        .output_offset = sum->output_offset,
        .ch_mult = layer->output.channels / layer->input.channels,
        .stride = {window->stride_w, window->stride_h},
        .padding = {window->pad_left, window->pad_top},
        .dilation = {window->dilation_w, window->dilation_h},
        .activation = {sum->min, sum->max},
    };
    const cmsis_nn_per_channel_quant_params quantization = {(int32_t *)(uintptr_t)sum->multiplier,
                                                            (int32_t *)(uintptr_t)sum->shift};
    const cmsis_nn_dims input = qmcu_cmsis_nn_dims(&layer->input);
    const cmsis_nn_dims output = qmcu_cmsis_nn_dims(&layer->output);
    const cmsis_nn_dims filter = {1, window->kernel_h, window->kernel_w, output.c};
    const cmsis_nn_dims bias = {1, 1, 1, output.c};
#ifdef QMCU_CMSIS_NN_CHECKS
    qmcu_cmsis_nn_expect(arm_depthwise_conv_wrapper_s8_get_buffer_size(&params, &input, &filter, &output) ==
                         (int32_t)layer->scratch.bytes);
#endif
    qmcu_cmsis_nn_expect(arm_depthwise_conv_wrapper_s8(&context, &params, &quantization, &input,
                                                 qmcu_cmsis_nn_data(&layer->input, arena), &filter, sum->weights, &bias,
                                                 sum->bias, &output, qmcu_cmsis_nn_data(&layer->output, arena)) ==
                         ARM_CMSIS_NN_SUCCESS);
}
