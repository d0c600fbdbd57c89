/*
 * TIMER0 of the nRF51 (reference manual 3.0, chapter 19) at COUNTER_BASE, counting up in 32 bits. It must be read once
 * in 2^32 ticks, 268 s at 16 MHz, to be right.
 */
#include "platform.h"

#define REGISTER(offset) (*(volatile uint32_t *)(COUNTER_BASE + (offset)))
#define TASKS_START REGISTER(0x000u)
#define TASKS_CAPTURE0 REGISTER(0x040u)
#define BITMODE REGISTER(0x508u)
#define PRESCALER REGISTER(0x510u)
#define CC0 REGISTER(0x540u)

#define BITMODE_32 3u

static uint32_t last;
static uint32_t wraps;

void platform_start_counter(void) {
  BITMODE = BITMODE_32;
  PRESCALER = 0;
  TASKS_START = 1;
}

uint64_t platform_ticks(void) {
  TASKS_CAPTURE0 = 1;
  const uint32_t now = CC0;
  if (now < last) wraps++;
  last = now;
  return (uint64_t)wraps << 32 | now;
}
