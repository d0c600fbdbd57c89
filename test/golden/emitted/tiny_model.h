/*
 * Written by quantmcu 0.0.0 from tiny.tflite
 * (sha256 0123456789abcdef)
 * for host. Change the model or the options, not this file.
 * Options: method=int8 schedule=auto
 */
#ifndef TINY_MODEL_H
#define TINY_MODEL_H

#include <stdint.h>

#include "runtime/qmcu_arena.h"
#include "runtime/qmcu_tape.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * 7 layers, 2,572 multiply-accumulates, 208 bytes of arena, 1,291 bytes of constants.
 *
 * The arena is yours: TINY_ARENA_BYTES bytes at a multiple of TINY_ARENA_ALIGNMENT. It holds the input, all
 * intermediate maps and the output, and needs no clearing. In C11, for instance:
 *
 *     static TINY_ARENA_SECTION _Alignas(TINY_ARENA_ALIGNMENT) uint8_t arena[TINY_ARENA_BYTES];
 *     static tiny_context context;
 *
 *     tiny_init(&context, arena);
 *     for each inference: write the input, call tiny_run(&context), read the output.
 *
 * The output stays until the next input is written. The input does not outlive the run.
 *
 * runtime/qmcu_ticks.h counts the ticks of each layer, with the DWT, SysTick or a counter of yours.
 */
#define TINY_ARENA_BYTES 208
#define TINY_ARENA_ALIGNMENT 16

/* Define QMCU_ARENA_SECTION as an attribute that places the arena, for instance in fast memory. */
#ifndef QMCU_ARENA_SECTION
#define QMCU_ARENA_SECTION
#endif
#ifndef TINY_ARENA_SECTION
#define TINY_ARENA_SECTION QMCU_ARENA_SECTION
#endif

#define TINY_LAYERS 7

/* port_0: 8x8x3 int8 values in rows, channels innermost; real = SCALE * (value - ZERO_POINT) */
#define TINY_INPUT_BYTES 192
#define TINY_INPUT_HEIGHT 8
#define TINY_INPUT_WIDTH 8
#define TINY_INPUT_CHANNELS 3
#define TINY_INPUT_SCALE 0.5f
#define TINY_INPUT_ZERO_POINT 0

/* port_7: 1x1x3 int8 values; real = SCALE * (value - ZERO_POINT) */
#define TINY_OUTPUT_BYTES 3
#define TINY_OUTPUT_HEIGHT 1
#define TINY_OUTPUT_WIDTH 1
#define TINY_OUTPUT_CHANNELS 3
#define TINY_OUTPUT_SCALE 0.5f
#define TINY_OUTPUT_ZERO_POINT 0

typedef struct {
    qmcu_arena arena;
    qmcu_tape tape;
    uint16_t rows_done[TINY_LAYERS];
} tiny_context;

void tiny_init(tiny_context *context, void *arena);

/* One inference; returns 0. */
int tiny_run(tiny_context *context);

void *tiny_input(tiny_context *context);
const void *tiny_output(const tiny_context *context);

#ifdef __cplusplus
}
#endif

#endif
