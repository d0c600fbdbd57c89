/*
 * SysTick, which every Cortex-M that a firmware is built for here has: ticks are cycles of the clock that it counts. It has 24
 * bits and wraps with an interrupt, whose few cycles are counted with the rest.
 */
#include "platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define CONTROL REGISTER(0xE000E010u)
#define RELOAD REGISTER(0xE000E014u)
#define CURRENT REGISTER(0xE000E018u)
#define INTERRUPT_CONTROL REGISTER(0xE000ED04u)

#define CONTROL_ENABLE (1u << 0)
#define CONTROL_INTERRUPT (1u << 1)
#define CONTROL_PROCESSOR_CLOCK (1u << 2)
#define PENDING (1u << 26)
#define TICKS_A_WRAP 0x01000000u

void systick_handler(void);

static volatile uint32_t wraps;

void systick_handler(void) { wraps++; }

void platform_start_counter(void) {
  RELOAD = TICKS_A_WRAP - 1u;
  CURRENT = 0;
  CONTROL = CONTROL_ENABLE | CONTROL_INTERRUPT | CONTROL_PROCESSOR_CLOCK;
}

/* Read again where it has wrapped meanwhile. */
uint64_t platform_ticks(void) {
  uint32_t before, value;
  do {
    before = wraps;
    value = CURRENT;
  } while (before != wraps || (INTERRUPT_CONTROL & PENDING) != 0);
  return (uint64_t)before * TICKS_A_WRAP + (TICKS_A_WRAP - 1u - value);
}
