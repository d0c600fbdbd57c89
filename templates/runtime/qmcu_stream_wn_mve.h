/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_STREAM_WN_MVE_H
#define QMCU_STREAM_WN_MVE_H

#include "qmcu_multiply_mve.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A stream of qmcu_multiply_mve.h whose weights have fewer than 8 bits in flash: in two's complement, low bits of each byte first,
 * so that the 16 of a channel take 2 bytes a bit. They are worth 2^raise times as much. The channels of the output are computed
 * some at a time, whose part of the stream is unpacked in scratch memory.
 */
typedef struct {
    const int32_t *stream;
    uint32_t scratch;  /* offset in the arena of the groups of four that some channels have */
    uint16_t block;    /* channels at a time, a multiple of four; up to three more at last */
    uint8_t bits;      /* 2 ... 7 */
    uint8_t raise;     /* 0 ... 8 - bits */
} qmcu_stream_wn_mve;

/* Makes `multiply` one of some channels of the output, from `first` on, where there are `channels` in all. */
void qmcu_unpack_stream(const qmcu_stream_wn_mve *packed, const qmcu_arena *arena, int32_t channels, int32_t first,
                        qmcu_multiply_mve *multiply);

#ifdef __cplusplus
}
#endif

#endif
