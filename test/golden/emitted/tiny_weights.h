/*
 * Written by quantmcu 0.0.0 from tiny.tflite
 * (sha256 0123456789abcdef)
 * for host. Change the model or the options, not this file.
 * Options: method=int8 schedule=auto
 */
#ifndef TINY_WEIGHTS_H
#define TINY_WEIGHTS_H

#include <stdint.h>

extern const int8_t tiny_conv_00_weights[108];
extern const int32_t tiny_conv_00_bias[4];
extern const int8_t tiny_conv_00_pad[3];
extern const int32_t tiny_conv_00_multiplier[4];
extern const int8_t tiny_depthwise_01_weights[36];
extern const int32_t tiny_depthwise_01_bias[4];
extern const int8_t tiny_depthwise_01_pad[4];
extern const int8_t tiny_conv_02_weights[16];
extern const int32_t tiny_conv_02_bias[4];
extern const int8_t tiny_dense_05_weights[12];
extern const int32_t tiny_dense_05_bias[3];
extern const int32_t tiny_dense_05_multiplier[3];
extern const int32_t tiny_softmax_06_exponential[256];

#endif
