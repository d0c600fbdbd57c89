/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ARENA_H
#define QMCU_ARENA_H

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The memory that a model computes in: one block, or two, of which the second lies in faster memory. */
typedef struct {
    uint8_t *block[2];
} qmcu_arena;

/* A place is an offset in a block, the second one where the top bit is set. */
static inline uint8_t *qmcu_at(const qmcu_arena *arena, uint32_t place)
{
    return arena->block[place >> 31] + (place & 0x7FFFFFFFu);
}

#ifdef __cplusplus
}
#endif

#endif
