/*
 * Functions of CMSIS-NN by their documentation, for tests where the library is absent: slow and plain. This is no part of
 * CMSIS-NN.
 */
#ifndef ARM_NNFUNCTIONS_H
#define ARM_NNFUNCTIONS_H

#include "arm_nn_types.h"

int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input,
                                                const cmsis_nn_dims *filter, const cmsis_nn_dims *output);
arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                                            const cmsis_nn_per_channel_quant_params *quantization,
                                            const cmsis_nn_dims *input_dims, const int8_t *input,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                            const cmsis_nn_dims *output_dims, int8_t *output);

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input,
                                                      const cmsis_nn_dims *filter, const cmsis_nn_dims *output);
arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_dw_conv_params *params,
                                                  const cmsis_nn_per_channel_quant_params *quantization,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input,
                                                  const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                  const cmsis_nn_dims *output_dims, int8_t *output);

int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims *filter);
arm_cmsis_nn_status arm_vector_sum_s8(int32_t *sums, int32_t columns, int32_t rows, const int8_t *vectors,
                                      int32_t left_offset, int32_t right_offset, const int32_t *bias);
arm_cmsis_nn_status arm_fully_connected_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_fc_params *params,
                                                   const cmsis_nn_quant_params *quantization,
                                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                                   const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                   const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                   const cmsis_nn_dims *output_dims, int8_t *output);

arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t a_multiplier,
                                           int32_t a_shift, int32_t b_offset, int32_t b_multiplier, int32_t b_shift,
                                           int32_t left_shift, int8_t *output, int32_t output_offset,
                                           int32_t output_multiplier, int32_t output_shift, int32_t min, int32_t max,
                                           int32_t count);

int32_t arm_convolve_wrapper_s4_get_buffer_size(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input,
                                                const cmsis_nn_dims *filter, const cmsis_nn_dims *output);
arm_cmsis_nn_status arm_convolve_wrapper_s4(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                                            const cmsis_nn_per_channel_quant_params *quantization,
                                            const cmsis_nn_dims *input_dims, const int8_t *input,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                            const cmsis_nn_dims *output_dims, int8_t *output);

int32_t arm_depthwise_conv_wrapper_s4_get_buffer_size(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input,
                                                      const cmsis_nn_dims *filter, const cmsis_nn_dims *output);
arm_cmsis_nn_status arm_depthwise_conv_wrapper_s4(const cmsis_nn_context *context, const cmsis_nn_dw_conv_params *params,
                                                  const cmsis_nn_per_channel_quant_params *quantization,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input,
                                                  const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                  const cmsis_nn_dims *output_dims, int8_t *output);

arm_cmsis_nn_status arm_fully_connected_s4(const cmsis_nn_context *context, const cmsis_nn_fc_params *params,
                                           const cmsis_nn_per_tensor_quant_params *quantization,
                                           const cmsis_nn_dims *input_dims, const int8_t *input,
                                           const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                           const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                           const cmsis_nn_dims *output_dims, int8_t *output);

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset,
                                           int8_t *output, int32_t output_offset, int32_t output_multiplier,
                                           int32_t output_shift, int32_t min, int32_t max, int32_t count);
arm_cmsis_nn_status arm_minimum_s8(const cmsis_nn_context *context, const int8_t *a, const cmsis_nn_dims *a_dims,
                                   const int8_t *b, const cmsis_nn_dims *b_dims, int8_t *output,
                                   const cmsis_nn_dims *output_dims);
arm_cmsis_nn_status arm_maximum_s8(const cmsis_nn_context *context, const int8_t *a, const cmsis_nn_dims *a_dims,
                                   const int8_t *b, const cmsis_nn_dims *b_dims, int8_t *output,
                                   const cmsis_nn_dims *output_dims);

arm_cmsis_nn_status arm_pad_s8(const int8_t *input, int8_t *output, int8_t value, const cmsis_nn_dims *size,
                               const cmsis_nn_dims *before, const cmsis_nn_dims *after);
arm_cmsis_nn_status arm_transpose_s8(const int8_t *input, int8_t *output, const cmsis_nn_dims *input_dims,
                                     const cmsis_nn_dims *output_dims, const cmsis_nn_transpose_params *params);
void arm_concatenation_s8_x(const int8_t *input, uint16_t x, uint16_t y, uint16_t z, uint16_t w, int8_t *output,
                            uint16_t output_x, uint32_t offset_x);

int32_t arm_avgpool_s8_get_buffer_size(int output_w, int channels);
arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *context, const cmsis_nn_pool_params *params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output);
arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *context, const cmsis_nn_pool_params *params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output);

void arm_softmax_s8(const int8_t *input, int32_t rows, int32_t channels, int32_t multiplier, int32_t shift,
                    int32_t diff_min, int8_t *output);

#endif
