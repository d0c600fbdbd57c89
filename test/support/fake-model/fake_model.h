/* A model of two layers that obeys the contract of generated code, and misbehaves on request (fake_options.h). */
#ifndef FAKE_MODEL_H
#define FAKE_MODEL_H

#include <stdint.h>

#include "fake_options.h"

#ifndef FAKE_ARENA_BYTES
#define FAKE_ARENA_BYTES 64
#endif
#define FAKE_ARENA_ALIGNMENT 16
#define FAKE_INPUT_BYTES 16
#define FAKE_OUTPUT_BYTES 16
#define FAKE_LAYERS 2

typedef struct {
  uint8_t *arena;
} fake_context;

void fake_init(fake_context *context, void *arena);
int fake_run(fake_context *context);
void *fake_input(fake_context *context);
const void *fake_output(const fake_context *context);

#endif
