/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_EXPAND_A4_DSP_H
#define QMCU_EXPAND_A4_DSP_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * `count` times four weights of `bits` bits, those of four channels, from bit `bit` of `weights` on, to two words each of
 * a stream for qmcu_sum_a4_dsp.h, worth 2^raise times as much (bits + raise <= 8); returns the end of what it wrote. Three bytes
 * behind the weights can be read.
 */
uint32_t *qmcu_expand_a4(uint32_t *words, const uint8_t *weights, uint32_t bit, uint32_t count, uint32_t bits,
                         uint32_t raise);

#ifdef __cplusplus
}
#endif

#endif
