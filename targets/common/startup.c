/*
 * Start of a Cortex-M firmware: vector table, data and bss, coprocessors, and what happens on a fault.
 * Written for every architecture from ARMv6-M to ARMv8.1-M; compiled once a target.
 */
#include <stdint.h>

#include "platform.h"
#include "report.h"

extern uint32_t __data_load[], __data_start[], __data_end[];
extern uint32_t __bss_start[], __bss_end[];
extern uint32_t __stack_limit[], __stack_top[];

int main(void);
void reset_handler(void);
void fault_entry(void);
void systick_handler(void);
void report_fault(const uint32_t *frame, uint32_t exception);

#define REGISTER(address) (*(volatile uint32_t *)(address))
#define SCB_CCR REGISTER(0xE000ED14u)
#define SCB_CFSR REGISTER(0xE000ED28u)
#define SCB_CPACR REGISTER(0xE000ED88u)

#define CCR_UNALIGN_TRP (1u << 3)
#define CCR_LOB (1u << 19)
#define CPACR_CP10_CP11_FULL (0xFu << 20)

static void enable_processor_features(void) {
#if defined(__ARM_ARCH_6M__)
  /* ARMv6-M has no unaligned access; a larger core that runs its code must refuse it too. */
  SCB_CCR |= CCR_UNALIGN_TRP;
#endif
#if defined(__ARM_FP) || defined(__ARM_FEATURE_MVE)
  SCB_CPACR |= CPACR_CP10_CP11_FULL;
#endif
#if __ARM_ARCH >= 8
  /* Low-overhead loops of Armv8.1-M; Armv8.0-M ignores the bit, and GCC 12 does not tell the two apart. */
  SCB_CCR |= CCR_LOB;
#endif
  __asm__ volatile("dsb\n isb" ::: "memory");
}

void reset_handler(void) {
  enable_processor_features();
  const volatile uint32_t *source = __data_load;
  for (volatile uint32_t *word = __data_start; word < __data_end; word++) *word = *source++;
  for (volatile uint32_t *word = __bss_start; word < __bss_end; word++) *word = 0;
  platform_exit(main());
}

/* The stack may be what broke: start over at its top, and hand on where it stood. */
__attribute__((naked)) void fault_entry(void) {
  __asm__ volatile(
      "mrs r0, msp\n"
      "mrs r1, ipsr\n"
      "ldr r2, =__stack_top\n"
      "mov sp, r2\n"
      "bl report_fault\n"
      ".ltorg\n");
}

/* Words of an exception frame. */
#define FRAME_LR 5
#define FRAME_PC 6

void report_fault(const uint32_t *frame, uint32_t exception) {
  const uintptr_t address = (uintptr_t)frame;
  const int on_stack = address >= (uintptr_t)__stack_limit && address < (uintptr_t)__stack_top;
  report_begin();
  report_number("fault", exception);
  report_number("stackOverflow", on_stack ? 0 : 1);
  report_number("pc", on_stack ? frame[FRAME_PC] : 0);
  report_number("lr", on_stack ? frame[FRAME_LR] : 0);
#if defined(__ARM_ARCH_6M__)
  report_number("status", 0);
#else
  report_number("status", SCB_CFSR);
#endif
  report_end();
  platform_exit(1);
}

/* A counter may have SysTick interrupt it; else that is as unexpected as the others. */
__attribute__((weak, alias("fault_entry"))) void systick_handler(void);

typedef void (*handler)(void);

/* NMI, faults and every system exception: none is expected, each ends the run. */
__attribute__((section(".vectors"), used)) const struct {
  uint32_t *stack_top;
  handler reset;
  handler exceptions[14];
} vectors = {
    __stack_top,
    reset_handler,
    {fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, fault_entry,
     fault_entry, fault_entry, fault_entry, fault_entry, fault_entry, systick_handler},
};
