/*
 * The 64-bit system counter of the SSE-300 subsystem: COUNTER_CONTROL_BASE is its control frame, COUNTER_BASE its
 * read frame.
 */
#include "platform.h"

#define CONTROL (*(volatile uint32_t *)COUNTER_CONTROL_BASE)
#define VALUE ((const volatile uint32_t *)COUNTER_BASE)

#define CONTROL_ENABLE 1u

void platform_start_counter(void) { CONTROL = CONTROL_ENABLE; }

uint64_t platform_ticks(void) {
  uint32_t high, low;
  do {
    high = VALUE[1];
    low = VALUE[0];
  } while (high != VALUE[1]);
  return (uint64_t)high << 32 | low;
}
