/*
 * A 4 × 4 map of one channel. Layer 0 adds 1 and writes rows of 4 bytes, 8 bytes apart, one call a row; layer 1 adds
 * the table fake_weights to the whole map in one call. FAKE_LOOPS adds 5 · FAKE_LOOPS instructions to layer 1.
 */
#include "fake_model.h"

#ifndef QMCU_LAYER_BEGIN
#define QMCU_LAYER_BEGIN(layer)
#endif
#ifndef QMCU_LAYER_END
#define QMCU_LAYER_END(layer)
#endif
#ifndef QMCU_ROWS_DONE
#define QMCU_ROWS_DONE(layer, y0, y1, x0, x1, row0, row_stride_bytes, row_bytes)
#endif

#ifndef FAKE_LOOPS
#define FAKE_LOOPS 0u
#endif
#ifndef FAKE_STACK_BYTES
#define FAKE_STACK_BYTES 4
#endif

enum { EXTENT = 4, RING_STRIDE = 8, RING_OFFSET = 16 };

extern const uint8_t fake_weights[];

void fake_init(fake_context *context, void *arena) { context->arena = arena; }

void *fake_input(fake_context *context) { return context->arena; }

const void *fake_output(const fake_context *context) { return context->arena; }

static void spend_instructions(uint32_t loops) {
#if defined(__arm__)
  if (loops == 0) return;
  __asm__ volatile(".syntax unified\n1: nop\n nop\n nop\n subs %0, %0, #1\n bne 1b\n" : "+l"(loops) : : "cc");
#else
  (void)loops;
#endif
}

static void spend_stack(void) {
  volatile uint8_t bytes[FAKE_STACK_BYTES];
  for (uint32_t i = 0; i < FAKE_STACK_BYTES; i++) bytes[i] = 1;
}

static int misbehave(fake_context *context) {
  (void)context;
#if defined(FAKE_FAULTS)
  __builtin_trap();
#elif defined(FAKE_READS_UNALIGNED)
  return (int)*(volatile uint32_t *)(uintptr_t)(context->arena + 1) & 0;
#elif defined(FAKE_OVERFLOWS_STACK)
  volatile uint8_t bytes[1u << 16];
  for (uint32_t i = sizeof bytes; i-- > 0;) bytes[i] = 1;
#elif defined(FAKE_HANGS)
  for (volatile uint32_t i = 0;; i++) {
  }
#elif defined(FAKE_FAILS)
  return 3;
#endif
  return 0;
}

int fake_run(fake_context *context) {
  uint8_t *map = context->arena;
  uint8_t *ring = context->arena + RING_OFFSET;

  for (uint32_t y = 0; y < EXTENT; y++) {
    uint8_t *row = ring + y * RING_STRIDE;
    QMCU_LAYER_BEGIN(0);
    for (uint32_t x = 0; x < EXTENT; x++) row[x] = (uint8_t)(map[y * EXTENT + x] + 1);
    QMCU_LAYER_END(0);
    QMCU_ROWS_DONE(0, y, y + 1, 0, EXTENT, row, RING_STRIDE, EXTENT);
  }

  QMCU_LAYER_BEGIN(1);
  for (uint32_t y = 0; y < EXTENT; y++) {
    for (uint32_t x = 0; x < EXTENT; x++) {
      map[y * EXTENT + x] = (uint8_t)(ring[y * RING_STRIDE + x] + fake_weights[y * EXTENT + x]);
    }
  }
  spend_instructions(FAKE_LOOPS);
  spend_stack();
  QMCU_LAYER_END(1);
  QMCU_ROWS_DONE(1, 0, EXTENT, 0, EXTENT, map, EXTENT, EXTENT);
  return misbehave(context);
}
