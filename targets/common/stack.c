/* Stack use, by paint: what has lost its colour was used. */
#include "platform.h"

#define PAINT 0xC0FFEE11u

extern const volatile uint32_t __stack_limit[];

/* In assembly, because a compiler may move a push of its own past the reading of the stack pointer. */
__attribute__((naked)) uintptr_t platform_paint_stack(void) {
  __asm__ volatile(
      ".syntax unified\n"
      "  ldr  r1, =__stack_limit\n"
      "  ldr  r2, =%c0\n"
      "  mov  r0, sp\n"
      "1: cmp  r1, r0\n"
      "  bhs  2f\n"
      "  stm  r1!, {r2}\n"
      "  b    1b\n"
      "2: bx   lr\n"
      "  .ltorg\n"
      :
      : "i"(PAINT));
}

uint32_t platform_used_stack_bytes(uintptr_t painted_top) {
  const volatile uint32_t *word = __stack_limit;
  while ((uintptr_t)word < painted_top && *word == PAINT) word++;
  if (word == __stack_limit) return PLATFORM_STACK_EXHAUSTED;
  return (uint32_t)(painted_top - (uintptr_t)word);
}
