/* The memory that a caller of the model owns, in sections of its own, so that the host can count it as the model's. */
#ifndef HARNESS_ARENA_H
#define HARNESS_ARENA_H

#include "harness_model.h"

#define ARENA_FILL 0xA5u

static uint8_t arena[HARNESS_ARENA_BYTES] __attribute__((section(".qmcu_arena"), aligned(HARNESS_ARENA_ALIGNMENT)));
#ifdef HARNESS_HOT_BYTES
static uint8_t hot[HARNESS_HOT_BYTES] __attribute__((section(".qmcu_hot"), aligned(HARNESS_ARENA_ALIGNMENT)));
#endif
static harness_context context __attribute__((section(".bss.qmcu_context")));

static void fill_block(volatile uint8_t *bytes, uint32_t count) {
  for (uint32_t i = 0; i < count; i++) bytes[i] = ARENA_FILL;
}

/* A model must not count on cleared memory. */
static void init_context(void) {
  fill_block(arena, sizeof arena);
#ifdef HARNESS_HOT_BYTES
  fill_block(hot, sizeof hot);
  harness_init(&context, arena, hot);
#else
  harness_init(&context, arena);
#endif
}

#endif
