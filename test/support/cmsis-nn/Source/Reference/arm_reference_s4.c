/* See arm_nnfunctions.h: weights of 4 bits are spread to bytes, and the functions for bytes do the rest. */
#include <stdlib.h>

#include "arm_nnfunctions.h"

/* Weights, two in a byte, the first in its low half. */
static int8_t *spread(const int8_t *packed, int32_t count) {
  int8_t *weights = malloc((size_t)count);
  if (weights == NULL) abort();
  for (int32_t i = 0; i < count; i++) {
    const int32_t half = i % 2 == 0 ? packed[i / 2] & 15 : (packed[i / 2] >> 4) & 15;
    weights[i] = (int8_t)(half < 8 ? half : half - 16);
  }
  return weights;
}

int32_t arm_convolve_wrapper_s4_get_buffer_size(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input,
                                                const cmsis_nn_dims *filter, const cmsis_nn_dims *output) {
  (void)output;
  const int is_plain = params->padding.w == 0 && params->padding.h == 0 && params->dilation.w == 1 &&
                       params->dilation.h == 1 && filter->w == 1 && filter->h == 1;
  return is_plain ? 0 : 4 * filter->w * filter->h * input->c;
}

arm_cmsis_nn_status arm_convolve_wrapper_s4(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                                            const cmsis_nn_per_channel_quant_params *quantization,
                                            const cmsis_nn_dims *input_dims, const int8_t *input,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                            const cmsis_nn_dims *output_dims, int8_t *output) {
  int8_t *weights = spread(filter, filter_dims->n * filter_dims->h * filter_dims->w * filter_dims->c);
  const arm_cmsis_nn_status status = arm_convolve_wrapper_s8(context, params, quantization, input_dims, input, filter_dims,
                                                             weights, bias_dims, bias, output_dims, output);
  free(weights);
  return status;
}

int32_t arm_depthwise_conv_wrapper_s4_get_buffer_size(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input,
                                                      const cmsis_nn_dims *filter, const cmsis_nn_dims *output) {
  const int is_plain = input->c == output->c && params->dilation.w == 1 && params->dilation.h == 1;
  return is_plain ? 2 * input->c * filter->w * filter->h : 0;
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s4(const cmsis_nn_context *context, const cmsis_nn_dw_conv_params *params,
                                                  const cmsis_nn_per_channel_quant_params *quantization,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input,
                                                  const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                  const cmsis_nn_dims *output_dims, int8_t *output) {
  int8_t *weights = spread(filter, filter_dims->h * filter_dims->w * filter_dims->c);
  const arm_cmsis_nn_status status =
      arm_depthwise_conv_wrapper_s8(context, params, quantization, input_dims, input, filter_dims, weights, bias_dims, bias,
                                    output_dims, output);
  free(weights);
  return status;
}

arm_cmsis_nn_status arm_fully_connected_s4(const cmsis_nn_context *context, const cmsis_nn_fc_params *params,
                                           const cmsis_nn_per_tensor_quant_params *quantization,
                                           const cmsis_nn_dims *input_dims, const int8_t *input,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                           const cmsis_nn_dims *output_dims, int8_t *output) {
  int8_t *weights = spread(filter, filter_dims->n * output_dims->c);
  int32_t multiplier = quantization->multiplier;
  int32_t shift = quantization->shift;
  const cmsis_nn_quant_params single = {&multiplier, &shift, 0};
  const arm_cmsis_nn_status status = arm_fully_connected_wrapper_s8(context, params, &single, input_dims, input, filter_dims,
                                                                    weights, bias_dims, bias, output_dims, output);
  free(weights);
  return status;
}
