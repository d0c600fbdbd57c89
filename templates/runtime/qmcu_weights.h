/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_WEIGHTS_H
#define QMCU_WEIGHTS_H

#include "qmcu_map.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * Weights of n bits in flash: two's complement, low bits of each byte first, those of each output channel beginning with a
 * new byte. They are worth 2^raise times as much.
 */
typedef struct {
    const uint8_t *data;
    uint32_t scratch; /* where `block` output channels are unpacked, in bytes from the start of the arena */
    uint16_t block;   /* output channels unpacked at a time */
    uint8_t bits;     /* 2 ... 7 */
    uint8_t raise;    /* 0 ... 8 - bits */
} qmcu_packed_weights;

/* Unpacks the `count` weights of one output channel, which come to stand `pitch` bytes apart. */
void qmcu_unpack_weights(const qmcu_packed_weights *weights, int32_t channel, int32_t count, int8_t *values,
                         int32_t pitch);

#ifdef __cplusplus
}
#endif

#endif
