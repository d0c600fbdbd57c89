/*
 * The CMSDK dual timer of the MPS2 boards (Arm DDI 0479C, chapter 4): two 32-bit timers that count down. Timer 1
 * gives every tick, timer 2 every 256th and so tells how often timer 1 has wrapped. COUNTER_BASE says where it is.
 */
#include "platform.h"

typedef struct {
  volatile uint32_t load;
  volatile uint32_t value;
  volatile uint32_t control;
  volatile uint32_t unused[5];
} cmsdk_timer;

#define TIMERS ((cmsdk_timer *)COUNTER_BASE)

#define CONTROL_32_BITS (1u << 1)
#define CONTROL_DIVIDE_BY_256 (2u << 2)
#define CONTROL_ENABLE (1u << 7)

void platform_start_counter(void) {
  TIMERS[0].load = UINT32_MAX;
  TIMERS[1].load = UINT32_MAX;
  TIMERS[0].control = CONTROL_ENABLE | CONTROL_32_BITS;
  TIMERS[1].control = CONTROL_ENABLE | CONTROL_32_BITS | CONTROL_DIVIDE_BY_256;
}

/* The number next to 256 · coarse whose low 32 bits are fine. */
uint64_t platform_ticks(void) {
  const uint32_t fine = ~TIMERS[0].value;
  const uint64_t coarse = (uint64_t)~TIMERS[1].value << 8;
  const int32_t difference = (int32_t)(fine - (uint32_t)coarse);
  return coarse + (uint64_t)(int64_t)difference;
}
