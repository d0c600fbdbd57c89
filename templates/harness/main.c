/*
 * Runs the model on every input of inputs.bin, one after the other, and writes every output to outputs.bin.
 * Prints one result line; the host takes a run without it for failed.
 */
#include <string.h>

#include "arena.h"
#include "harness_model.h"
#include "mode.h"
#include "platform.h"
#include "report.h"

/* Ticks that pass between two readings of the counter with nothing in between. */
static uint64_t measure_empty_ticks(void) {
  const uint64_t start = platform_ticks();
  return platform_ticks() - start;
}

#ifdef HARNESS_INPUT_ROW_BYTES

static uint8_t row[HARNESS_INPUT_ROW_BYTES];

static uint32_t read_first_part(int32_t inputs) { return platform_read(inputs, row, sizeof row); }

#ifdef HARNESS_PULLS_ROWS

/* What hands out the rows of an inference, and the ticks that this takes, which are not counted. */
typedef struct {
  int32_t inputs;
  uint32_t inference;
  uint32_t next; /* row that the file stands at; the one before it is in `row` */
  uint64_t empty_ticks;
  uint64_t ticks;
} row_reader;

static void read_next(row_reader *reader) {
  if (platform_read(reader->inputs, row, sizeof row) != sizeof row) {
    report_failure("inputs.bin ends within an input", reader->inference);
  }
  reader->next++;
}

/* Rows come in order, and from the first on as often as they are asked for. */
static int read_row(void *user, uint32_t y, void *to) {
  const uint64_t start = platform_ticks();
  row_reader *reader = user;
  if (y == 0 && reader->next > 1) {
    if (platform_seek(reader->inputs, reader->inference * HARNESS_INPUT_BYTES) != 0) return 1;
    reader->next = 0;
  }
  if (y == reader->next) read_next(reader);
  memcpy(to, row, sizeof row);
  reader->ticks += platform_ticks() - start + reader->empty_ticks;
  return y + 1 == reader->next ? 0 : 1;
}

static int run_model(int32_t inputs, uint32_t inference, uint64_t empty_ticks, uint64_t *ticks) {
  row_reader reader = {.inputs = inputs, .inference = inference, .next = 1, .empty_ticks = empty_ticks};
  const uint64_t start = platform_ticks();
  const int status = harness_run(&context, read_row, &reader);
  *ticks = platform_ticks() - start - reader.ticks;
  while (reader.next < HARNESS_INPUT_BYTES / HARNESS_INPUT_ROW_BYTES) read_next(&reader);
  return status;
}

#else

/* Pushes the row that is there and then row after row as they are read, which is not counted. */
static int run_model(int32_t inputs, uint32_t inference, uint64_t empty_ticks, uint64_t *ticks) {
  uint64_t start = platform_ticks();
  harness_start(&context);
  *ticks = platform_ticks() - start;
  int missing = 1;
  for (uint32_t y = 0; y < HARNESS_INPUT_BYTES / HARNESS_INPUT_ROW_BYTES; y++) {
    if (y > 0 && platform_read(inputs, row, sizeof row) != sizeof row) {
      report_failure("inputs.bin ends within an input", inference);
    }
    start = platform_ticks();
    missing = harness_push_row(&context, row);
    *ticks += platform_ticks() - start - empty_ticks;
  }
  return missing;
}

#endif

#else

/* All inputs of an inference, one after the other. */
static uint32_t read_first_part(int32_t inputs) {
  uint32_t read_bytes = 0;
#define READ_INPUT(function, bytes) read_bytes += platform_read(inputs, function(&context), bytes);
  HARNESS_EACH_INPUT(READ_INPUT)
  return read_bytes;
}

static int run_model(int32_t inputs, uint32_t inference, uint64_t empty_ticks, uint64_t *ticks) {
  (void)inputs;
  (void)inference;
  (void)empty_ticks;
  const uint64_t start = platform_ticks();
  const int status = harness_run(&context);
  *ticks = platform_ticks() - start;
  return status;
}

#define ADD_BYTES(function, bytes) +(bytes)
#define HARNESS_INPUT_ROW_BYTES (0 HARNESS_EACH_INPUT(ADD_BYTES))

#endif

static uint32_t larger(uint32_t a, uint32_t b) { return a > b ? a : b; }

int main(void) {
  const int32_t inputs = platform_open_to_read("inputs.bin");
  const int32_t outputs = platform_open_to_write("outputs.bin");
  if (inputs == PLATFORM_NO_FILE) report_failure("inputs.bin cannot be read", 0);
  if (outputs == PLATFORM_NO_FILE) report_failure("outputs.bin cannot be written", 0);

  platform_start_counter();
  const uint64_t empty_ticks = measure_empty_ticks();
  mode_start();
  init_context();

  uint32_t inference = 0;
  uint32_t stack_bytes = 0;
  for (;;) {
    const uint32_t read_bytes = read_first_part(inputs);
    if (read_bytes == 0) break;
    if (read_bytes != HARNESS_INPUT_ROW_BYTES) report_failure("inputs.bin ends within an input", inference);

    mode_begin_inference(inference);
    const uintptr_t painted_top = platform_paint_stack();
    uint64_t ticks;
    const int status = run_model(inputs, inference, empty_ticks, &ticks);
    stack_bytes = larger(stack_bytes, platform_used_stack_bytes(painted_top));
    if (stack_bytes == PLATFORM_STACK_EXHAUSTED) report_failure("the stack has overflowed", inference);
    if (status != 0) report_failure("the model's run function returned a status other than 0", inference);
    mode_end_inference(inference, ticks);

#define WRITE_OUTPUT(function, bytes)                                  \
  if (platform_write(outputs, function(&context), bytes) != 0) { \
    report_failure("outputs.bin cannot be written", inference);        \
  }
    HARNESS_EACH_OUTPUT(WRITE_OUTPUT)
    inference++;
  }
  platform_close(outputs);
  platform_close(inputs);

  report_begin();
  report_number("inferences", inference);
  report_number("stackBytes", stack_bytes);
  report_number("emptyTicks", empty_ticks);
  mode_report();
  report_end();
  platform_exit(0);
  return 0;
}
