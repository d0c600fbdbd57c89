/*
 * The cycle counter of Armv7-M and later (DWT, Armv7-M ARM C1.8): ticks are processor cycles. It must be read once in 2^32
 * cycles, 19 s at 216 MHz, to be right. QEMU has none.
 */
#include "platform.h"

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define DEMCR REGISTER(0xE000EDFCu)
#define DWT_CONTROL REGISTER(0xE0001000u)
#define DWT_CYCLES REGISTER(0xE0001004u)
#define DWT_LOCK REGISTER(0xE0001FB0u)

#define DEMCR_TRACE (1u << 24)
#define DWT_COUNTS (1u << 0)
#define DWT_UNLOCK 0xC5ACCE55u

static uint32_t last;
static uint32_t wraps;

void platform_start_counter(void) {
  DEMCR |= DEMCR_TRACE;
  DWT_LOCK = DWT_UNLOCK; /* as the Cortex-M7 asks */
  DWT_CYCLES = 0;
  DWT_CONTROL |= DWT_COUNTS;
}

uint64_t platform_ticks(void) {
  const uint32_t now = DWT_CYCLES;
  if (now < last) wraps++;
  last = now;
  return (uint64_t)wraps << 32 | now;
}
