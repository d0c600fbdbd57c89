/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_TICKS_H
#define QMCU_TICKS_H

/*
 * The ticks that each layer takes on your board. Compile the model's source with
 *
 *     -DQMCU_HOOK_HEADER='"runtime/qmcu_ticks.h"'
 *
 * and say what counts, there and where you include this file yourself:
 *
 *     -DQMCU_TICKS_DWT      processor cycles: Armv7-M and later, most parts; an emulator may have none
 *     -DQMCU_TICKS_SYSTICK  cycles of SysTick, which nothing else may use: any Cortex-M; a kernel call of 2^24 or more comes out short
 *     neither               what your uint32_t qmcu_ticks(void) returns, which may wrap at 2^32
 *
 * Your program defines `qmcu_layer_time qmcu_layer_times[..._LAYERS]`, calls qmcu_ticks_start() once, and finds in it after each
 * inference what all so far took, the few ticks of reading the counter included.
 */

#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct {
    uint64_t ticks;
    uint32_t calls;
    uint32_t began; /* the counter where the call in hand began */
} qmcu_layer_time;

extern qmcu_layer_time qmcu_layer_times[];

#define QMCU_TICKS_REGISTER(address) (*(volatile uint32_t *)(address))

#if defined(QMCU_TICKS_DWT)

#define QMCU_TICKS_MASK UINT32_MAX

static inline void qmcu_ticks_start(void)
{
    QMCU_TICKS_REGISTER(0xE000EDFCu) |= UINT32_C(1) << 24; /* DEMCR: the trace units are on */
    QMCU_TICKS_REGISTER(0xE0001FB0u) = 0xC5ACCE55u;        /* the lock of the Cortex-M7's */
    QMCU_TICKS_REGISTER(0xE0001000u) |= 1u;                /* DWT_CTRL: the cycle counter counts */
}

static inline uint32_t qmcu_ticks(void)
{
    return QMCU_TICKS_REGISTER(0xE0001004u);
}

#elif defined(QMCU_TICKS_SYSTICK)

#define QMCU_TICKS_MASK UINT32_C(0xFFFFFF)

static inline void qmcu_ticks_start(void)
{
    QMCU_TICKS_REGISTER(0xE000E014u) = QMCU_TICKS_MASK; /* reload */
    QMCU_TICKS_REGISTER(0xE000E018u) = 0u;              /* current */
    QMCU_TICKS_REGISTER(0xE000E010u) = 5u;              /* on, the processor's clock, no interrupt */
}

/* It counts down. */
static inline uint32_t qmcu_ticks(void)
{
    return QMCU_TICKS_MASK - (QMCU_TICKS_REGISTER(0xE000E018u) & QMCU_TICKS_MASK);
}

#else

#define QMCU_TICKS_MASK UINT32_MAX

uint32_t qmcu_ticks(void);

static inline void qmcu_ticks_start(void)
{
}

#endif

static inline void qmcu_layer_begins(uint32_t layer)
{
    qmcu_layer_times[layer].began = qmcu_ticks();
}

static inline void qmcu_layer_ends(uint32_t layer)
{
    qmcu_layer_time *time = &qmcu_layer_times[layer];
    time->ticks += (qmcu_ticks() - time->began) & QMCU_TICKS_MASK;
    time->calls++;
}

#define QMCU_LAYER_BEGIN(layer) qmcu_layer_begins(layer)
#define QMCU_LAYER_END(layer) qmcu_layer_ends(layer)

#ifdef __cplusplus
}
#endif

#endif
