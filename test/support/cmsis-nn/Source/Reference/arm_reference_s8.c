/* See arm_nnfunctions.h: plain loops over the definitions, for the arithmetic of the library's default build. */
#include "arm_nnfunctions.h"

static int32_t clamp(int64_t value, int64_t min, int64_t max) {
  return (int32_t)(value < min ? min : value > max ? max : value);
}

/* a * b / 2^31, rounded to nearest, halves up. */
static int32_t high_product(int32_t a, int32_t b) {
  return clamp(((int64_t)a * b + (1 << 30)) >> 31, INT32_MIN, INT32_MAX);
}

/* value / 2^power, rounded to nearest, halves away from zero. */
static int32_t rounded_right(int32_t value, int32_t power) {
  const int64_t half = power == 0 ? 0 : (int64_t)1 << (power - 1);
  const int64_t magnitude = value < 0 ? -(int64_t)value : value;
  const int64_t rounded = (magnitude + half) >> power;
  return (int32_t)(value < 0 ? -rounded : rounded);
}

static int32_t requantize(int32_t value, int32_t multiplier, int32_t shift) {
  const int32_t left = shift > 0 ? shift : 0;
  const int32_t right = shift > 0 ? 0 : -shift;
  return rounded_right(high_product((int32_t)((uint32_t)value << left), multiplier), right);
}

/* The value under a tap, or `outside`. */
static int32_t tap(const int8_t *map, const cmsis_nn_dims *dims, int32_t y, int32_t x, int32_t c, int32_t outside) {
  if (y < 0 || y >= dims->h || x < 0 || x >= dims->w) return outside;
  return map[(y * dims->w + x) * dims->c + c];
}

int32_t arm_convolve_wrapper_s8_get_buffer_size(const cmsis_nn_conv_params *params, const cmsis_nn_dims *input,
                                                const cmsis_nn_dims *filter, const cmsis_nn_dims *output) {
  (void)output;
  const int is_plain = params->padding.w == 0 && params->padding.h == 0 && params->dilation.w == 1 &&
                       params->dilation.h == 1 && filter->w == 1 && filter->h == 1;
  return is_plain ? 0 : 4 * ((filter->w * filter->h * input->c + 3) / 4 * 4);
}

arm_cmsis_nn_status arm_convolve_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_conv_params *params,
                                            const cmsis_nn_per_channel_quant_params *quantization,
                                            const cmsis_nn_dims *input_dims, const int8_t *input,
                                            const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                            const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                            const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)context;
  (void)bias_dims;
  for (int32_t y = 0; y < output_dims->h; y++) {
    for (int32_t x = 0; x < output_dims->w; x++) {
      for (int32_t o = 0; o < output_dims->c; o++) {
        const int8_t *weight = filter + o * filter_dims->h * filter_dims->w * filter_dims->c;
        int32_t sum = bias == NULL ? 0 : bias[o];
        for (int32_t ky = 0; ky < filter_dims->h; ky++) {
          for (int32_t kx = 0; kx < filter_dims->w; kx++) {
            const int32_t iy = y * params->stride.h - params->padding.h + ky * params->dilation.h;
            const int32_t ix = x * params->stride.w - params->padding.w + kx * params->dilation.w;
            for (int32_t c = 0; c < input_dims->c; c++) {
              sum += *weight++ * (tap(input, input_dims, iy, ix, c, -params->input_offset) + params->input_offset);
            }
          }
        }
        const int32_t value = requantize(sum, quantization->multiplier[o], quantization->shift[o]);
        *output++ = (int8_t)clamp(value + params->output_offset, params->activation.min, params->activation.max);
      }
    }
  }
  return ARM_CMSIS_NN_SUCCESS;
}

int32_t arm_depthwise_conv_wrapper_s8_get_buffer_size(const cmsis_nn_dw_conv_params *params, const cmsis_nn_dims *input,
                                                      const cmsis_nn_dims *filter, const cmsis_nn_dims *output) {
  (void)params;
  (void)input;
  (void)filter;
  (void)output;
  return 0;
}

arm_cmsis_nn_status arm_depthwise_conv_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_dw_conv_params *params,
                                                  const cmsis_nn_per_channel_quant_params *quantization,
                                                  const cmsis_nn_dims *input_dims, const int8_t *input,
                                                  const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                  const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                  const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)context;
  (void)bias_dims;
  for (int32_t y = 0; y < output_dims->h; y++) {
    for (int32_t x = 0; x < output_dims->w; x++) {
      for (int32_t o = 0; o < output_dims->c; o++) {
        int32_t sum = bias == NULL ? 0 : bias[o];
        for (int32_t ky = 0; ky < filter_dims->h; ky++) {
          for (int32_t kx = 0; kx < filter_dims->w; kx++) {
            const int32_t iy = y * params->stride.h - params->padding.h + ky * params->dilation.h;
            const int32_t ix = x * params->stride.w - params->padding.w + kx * params->dilation.w;
            const int32_t value = tap(input, input_dims, iy, ix, o / params->ch_mult, -params->input_offset);
            sum += filter[(ky * filter_dims->w + kx) * output_dims->c + o] * (value + params->input_offset);
          }
        }
        const int32_t value = requantize(sum, quantization->multiplier[o], quantization->shift[o]);
        *output++ = (int8_t)clamp(value + params->output_offset, params->activation.min, params->activation.max);
      }
    }
  }
  return ARM_CMSIS_NN_SUCCESS;
}

int32_t arm_fully_connected_s8_get_buffer_size(const cmsis_nn_dims *filter) {
  (void)filter;
  return 0;
}

arm_cmsis_nn_status arm_vector_sum_s8(int32_t *sums, int32_t columns, int32_t rows, const int8_t *vectors,
                                      int32_t left_offset, int32_t right_offset, const int32_t *bias) {
  for (int32_t row = 0; row < rows; row++) {
    int32_t sum = 0;
    for (int32_t i = 0; i < columns; i++) sum += *vectors++ + right_offset;
    sums[row] = left_offset * sum + (bias == NULL ? 0 : bias[row]);
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_fully_connected_wrapper_s8(const cmsis_nn_context *context, const cmsis_nn_fc_params *params,
                                                   const cmsis_nn_quant_params *quantization,
                                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                                   const cmsis_nn_dims *filter_dims, const int8_t *filter,
                                                   const cmsis_nn_dims *bias_dims, const int32_t *bias,
                                                   const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)context;
  (void)input_dims;
  (void)bias_dims;
  for (int32_t o = 0; o < output_dims->c; o++) {
    int32_t sum = bias == NULL ? 0 : bias[o];
    for (int32_t i = 0; i < filter_dims->n; i++) {
      sum += (*filter++ + params->filter_offset) * (input[i] + params->input_offset);
    }
    const int32_t at = quantization->is_per_channel ? o : 0;
    const int32_t value = requantize(sum, quantization->multiplier[at], quantization->shift[at]);
    output[o] = (int8_t)clamp(value + params->output_offset, params->activation.min, params->activation.max);
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_add_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t a_multiplier,
                                           int32_t a_shift, int32_t b_offset, int32_t b_multiplier, int32_t b_shift,
                                           int32_t left_shift, int8_t *output, int32_t output_offset,
                                           int32_t output_multiplier, int32_t output_shift, int32_t min, int32_t max,
                                           int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    const int32_t left = requantize((a[i] + a_offset) * (1 << left_shift), a_multiplier, a_shift);
    const int32_t right = requantize((b[i] + b_offset) * (1 << left_shift), b_multiplier, b_shift);
    output[i] = (int8_t)clamp(requantize(left + right, output_multiplier, output_shift) + output_offset, min, max);
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_elementwise_mul_s8(const int8_t *a, const int8_t *b, int32_t a_offset, int32_t b_offset,
                                           int8_t *output, int32_t output_offset, int32_t output_multiplier,
                                           int32_t output_shift, int32_t min, int32_t max, int32_t count) {
  for (int32_t i = 0; i < count; i++) {
    const int32_t product = requantize((a[i] + a_offset) * (b[i] + b_offset), output_multiplier, output_shift);
    output[i] = (int8_t)clamp(product + output_offset, min, max);
  }
  return ARM_CMSIS_NN_SUCCESS;
}

/* Maps of one shape, which is all that generated code asks for. */
static arm_cmsis_nn_status choose(const int8_t *a, const cmsis_nn_dims *a_dims, const int8_t *b,
                                  const cmsis_nn_dims *b_dims, int8_t *output, int takes_larger) {
  if (a_dims->h != b_dims->h || a_dims->w != b_dims->w || a_dims->c != b_dims->c) return ARM_CMSIS_NN_ARG_ERROR;
  for (int32_t i = 0; i < a_dims->h * a_dims->w * a_dims->c; i++) output[i] = (a[i] > b[i]) == takes_larger ? a[i] : b[i];
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_minimum_s8(const cmsis_nn_context *context, const int8_t *a, const cmsis_nn_dims *a_dims,
                                   const int8_t *b, const cmsis_nn_dims *b_dims, int8_t *output,
                                   const cmsis_nn_dims *output_dims) {
  (void)context;
  (void)output_dims;
  return choose(a, a_dims, b, b_dims, output, 0);
}

arm_cmsis_nn_status arm_maximum_s8(const cmsis_nn_context *context, const int8_t *a, const cmsis_nn_dims *a_dims,
                                   const int8_t *b, const cmsis_nn_dims *b_dims, int8_t *output,
                                   const cmsis_nn_dims *output_dims) {
  (void)context;
  (void)output_dims;
  return choose(a, a_dims, b, b_dims, output, 1);
}

arm_cmsis_nn_status arm_pad_s8(const int8_t *input, int8_t *output, int8_t value, const cmsis_nn_dims *size,
                               const cmsis_nn_dims *before, const cmsis_nn_dims *after) {
  for (int32_t y = -before->h; y < size->h + after->h; y++) {
    for (int32_t x = -before->w; x < size->w + after->w; x++) {
      for (int32_t c = 0; c < size->c; c++) *output++ = (int8_t)tap(input, size, y, x, c, value);
    }
  }
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_transpose_s8(const int8_t *input, int8_t *output, const cmsis_nn_dims *input_dims,
                                     const cmsis_nn_dims *output_dims, const cmsis_nn_transpose_params *params) {
  if (params->num_dims != 4 || params->permutations[0] != 0) return ARM_CMSIS_NN_ARG_ERROR;
  int32_t at[4] = {0};
  for (int32_t y = 0; y < output_dims->h; y++) {
    for (int32_t x = 0; x < output_dims->w; x++) {
      for (int32_t c = 0; c < output_dims->c; c++) {
        at[params->permutations[1]] = y;
        at[params->permutations[2]] = x;
        at[params->permutations[3]] = c;
        *output++ = (int8_t)tap(input, input_dims, at[1], at[2], at[3], 0);
      }
    }
  }
  return ARM_CMSIS_NN_SUCCESS;
}

void arm_concatenation_s8_x(const int8_t *input, uint16_t x, uint16_t y, uint16_t z, uint16_t w, int8_t *output,
                            uint16_t output_x, uint32_t offset_x) {
  for (int32_t stretch = 0; stretch < y * z * w; stretch++) {
    for (int32_t i = 0; i < x; i++) output[stretch * output_x + (int32_t)offset_x + i] = *input++;
  }
}

int32_t arm_avgpool_s8_get_buffer_size(int output_w, int channels) {
  (void)output_w;
  (void)channels;
  return 0;
}

/* The average, halves away from zero, or the largest of the taps that lie inside. */
static void pool(const cmsis_nn_pool_params *params, const cmsis_nn_dims *input_dims, const int8_t *input,
                 const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output, int averages) {
  for (int32_t y = 0; y < output_dims->h; y++) {
    for (int32_t x = 0; x < output_dims->w; x++) {
      for (int32_t c = 0; c < output_dims->c; c++) {
        int32_t sum = 0, count = 0, largest = INT8_MIN;
        for (int32_t ky = 0; ky < filter_dims->h; ky++) {
          for (int32_t kx = 0; kx < filter_dims->w; kx++) {
            const int32_t iy = y * params->stride.h - params->padding.h + ky;
            const int32_t ix = x * params->stride.w - params->padding.w + kx;
            const int32_t value = tap(input, input_dims, iy, ix, c, INT32_MIN);
            if (value == INT32_MIN) continue;
            sum += value;
            count++;
            if (value > largest) largest = value;
          }
        }
        const int32_t average = count == 0 ? 0 : (sum > 0 ? sum + count / 2 : sum - count / 2) / count;
        *output++ = (int8_t)clamp(averages ? average : largest, params->activation.min, params->activation.max);
      }
    }
  }
}

arm_cmsis_nn_status arm_avgpool_s8(const cmsis_nn_context *context, const cmsis_nn_pool_params *params,
                                   const cmsis_nn_dims *input_dims, const int8_t *input,
                                   const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)context;
  pool(params, input_dims, input, filter_dims, output_dims, output, 1);
  return ARM_CMSIS_NN_SUCCESS;
}

arm_cmsis_nn_status arm_max_pool_s8(const cmsis_nn_context *context, const cmsis_nn_pool_params *params,
                                    const cmsis_nn_dims *input_dims, const int8_t *input,
                                    const cmsis_nn_dims *filter_dims, const cmsis_nn_dims *output_dims, int8_t *output) {
  (void)context;
  pool(params, input_dims, input, filter_dims, output_dims, output, 0);
  return ARM_CMSIS_NN_SUCCESS;
}

/* exp(a) for -1/4 <= a < 0 in Q0.31: the fourth-order Taylor series about -1/8. */
static int32_t exp_within_quarter(int32_t a) {
  const int32_t x = a + (1 << 28);
  const int32_t x2 = high_product(x, x);
  const int32_t x3 = high_product(x2, x);
  const int32_t x4 = high_product(x2, x2);
  const int32_t higher = rounded_right(high_product(rounded_right(x4, 2) + x3, 715827883) + x2, 1);
  return clamp((int64_t)1895147668 + high_product(1895147668, x + higher), INT32_MIN, INT32_MAX);
}

/* exp(a) for a <= 0 in Q5.26, as Q0.31. */
static int32_t exp_of_negative(int32_t a) {
  static const int32_t powers[] = {1672461947, 1302514674, 790015084, 290630308, 39332535, 720401, 242};
  if (a == 0) return INT32_MAX;
  const int32_t part = (a & ((1 << 24) - 1)) - (1 << 24);
  const int32_t rest = part - a;
  int32_t result = exp_within_quarter(part * 32);
  for (int bit = 0; bit < 7; bit++) {
    if (rest & (1 << (24 + bit))) result = high_product(result, powers[bit]);
  }
  return result;
}

void arm_softmax_s8(const int8_t *input, int32_t rows, int32_t channels, int32_t multiplier, int32_t shift,
                    int32_t diff_min, int8_t *output) {
  for (int32_t row = 0; row < rows; row++, input += channels, output += channels) {
    int32_t largest = INT8_MIN;
    for (int32_t c = 0; c < channels; c++) largest = input[c] > largest ? input[c] : largest;
    int32_t sum = 0;
    for (int32_t c = 0; c < channels; c++) {
      const int32_t below = input[c] - largest;
      if (below < diff_min) continue;
      sum += rounded_right(exp_of_negative(high_product(below * (1 << shift), multiplier)), 12);
    }
    int32_t headroom = 0;
    while (headroom < 31 && ((uint32_t)sum << headroom & 0x80000000u) == 0) headroom++;
    const int64_t shifted = (int64_t)((uint32_t)sum << headroom) - ((int64_t)1 << 31);
    const int32_t half_denominator = (int32_t)(((int64_t)1 << 30) + shifted / 2);
    int32_t guess = 1515870810 + high_product(half_denominator, -1010580540);
    for (int step = 0; step < 3; step++) {
      const int32_t error = (1 << 29) - high_product(half_denominator, guess);
      guess += clamp((int64_t)high_product(guess, error) * 4, INT32_MIN, INT32_MAX);
    }
    const int32_t reciprocal = clamp((int64_t)guess * 2, INT32_MIN, INT32_MAX);
    for (int32_t c = 0; c < channels; c++) {
      const int32_t below = input[c] - largest;
      if (below < diff_min) {
        output[c] = INT8_MIN;
        continue;
      }
      const int32_t exponential = exp_of_negative(high_product(below * (1 << shift), multiplier));
      const int32_t share = rounded_right(high_product(reciprocal, exponential), 12 - headroom + 31 - 8);
      output[c] = (int8_t)clamp(share - 128, -128, 127);
    }
  }
}
