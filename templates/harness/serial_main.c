/*
 * The model behind a UART, in the dialect of the MLPerf Tiny runner. A command ends with '%'; every answer ends with the
 * line m-ready:
 *
 *   name                 m-name-dut-[quantmcu]
 *   profile              m-profile-[quantmcu serial 2], m-model-[name], m-build-[id], m-bytes-[input,output]
 *   timestamp            m-timestamp-[ticks]
 *   sync WORD            m-sync-[WORD], by which the host knows what is the answer to what
 *   db load N            m-[Expecting N bytes], N being the bytes of one input
 *   db HEX               the next bytes of the input: m-at-[bytes loaded], after the last m-load-done and m-crc-[of the input]
 *   db at N              goes back to byte N of a load that is not done: m-at-[N]; what db refuses leaves the load as it was
 *   infer N [W]          one run on the input, whose outputs are the results; then runs until N are timed and W were not:
 *                        m-warmup-start-W, m-warmup-done, m-infer-start-N, m-infer-done, m-ticks-[of N runs],
 *                        m-stack-[bytes], and what `results` says
 *   results              m-results-[bytes as signed numbers], m-crc-[of the results]
 *
 * What goes wrong is e-[reason]. The input lies in the arena and does not outlive the first run: further runs are for the
 * clock. The sums (CRC-32, as in zlib) are for the host to notice bytes that the line has lost.
 */
#include "arena.h"
#include "harness_model.h"
#include "platform.h"
#include "report.h"
#include "serial.h"

#define VERSION "quantmcu serial 2"

enum { COMMAND_BYTES = 320, NO_LOAD = -1 };

static char command[COMMAND_BYTES + 1];
static uint8_t results[HARNESS_OUTPUT_BYTES];
static int has_results;
static int has_input;
static int32_t loaded_bytes = NO_LOAD;

/* `length` characters up to the next '%', line ends left out; −1 where there are more than fit. */
static int32_t read_command(void) {
  int32_t length = 0;
  for (;;) {
    const char c = (char)serial_read();
    if (c == '%') break;
    if (c == '\r' || c == '\n') continue;
    if (length <= COMMAND_BYTES - 1) command[length] = c;
    length++;
  }
  if (length > COMMAND_BYTES - 1) return -1;
  command[length] = '\0';
  return length;
}

static void say(const char *text) { platform_print(text); }

static void say_number(const char *before, uint64_t number) {
  say(before);
  report_value(number);
  say("]\n");
}

static void say_error(const char *reason) {
  say("e-[");
  say(reason);
  say("]\n");
}

static uint32_t crc32(const uint8_t *bytes, uint32_t count) {
  uint32_t crc = UINT32_MAX;
  for (uint32_t i = 0; i < count; i++) {
    crc ^= bytes[i];
    for (int bit = 0; bit < 8; bit++) crc = crc >> 1 ^ (0xEDB88320u & (0u - (crc & 1u)));
  }
  return ~crc;
}

static void say_crc(const uint8_t *bytes, uint32_t count) {
  static const char digits[] = "0123456789abcdef";
  const uint32_t crc = crc32(bytes, count);
  char text[9];
  for (uint32_t i = 0; i < 8; i++) text[i] = digits[crc >> (28u - 4u * i) & 15u];
  text[8] = '\0';
  say("m-crc-[");
  say(text);
  say("]\n");
}

/* The rest of the command behind `word` and a space, or NULL. */
static const char *after(const char *text, const char *word) {
  while (*word != '\0') {
    if (*text++ != *word++) return (const char *)0;
  }
  if (*text == ' ') return text + 1;
  return *text == '\0' ? text : (const char *)0;
}

/* A decimal number, after which *text stands at what follows; −1 where there is none below a million. */
static int32_t take_number(const char **text) {
  int32_t number = -1;
  while (**text >= '0' && **text <= '9') {
    number = 10 * (number < 0 ? 0 : number) + (*(*text)++ - '0');
    if (number >= 1000000) return -1;
  }
  while (**text == ' ') (*text)++;
  return number;
}

static int32_t hex_digit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static void profile(void) {
  say("m-profile-[" VERSION "]\nm-model-[" HARNESS_NAME "]\nm-build-[" HARNESS_BUILD_ID "]\nm-bytes-[");
  report_value(HARNESS_INPUT_BYTES);
  say(",");
  report_value(HARNESS_OUTPUT_BYTES);
  say("]\n");
}

static void begin_load(const char *text) {
  const int32_t bytes = take_number(&text);
  if (bytes != (int32_t)HARNESS_INPUT_BYTES) {
    say_error("an input has another number of bytes");
    return;
  }
  loaded_bytes = 0;
  has_input = 0;
  say_number("m-[Expecting ", (uint64_t)bytes);
}

/* Goes back within a load, so that a byte lost on the line does not cost the whole input. */
static void go_back(const char *text) {
  const int32_t bytes = take_number(&text);
  if (bytes < 0 || *text != '\0' || bytes > loaded_bytes) {
    say_error("no load has come so far");
    return;
  }
  loaded_bytes = bytes;
  say_number("m-at-[", (uint64_t)bytes);
}

static void load(const char *hex) {
  uint8_t *input = harness_input(&context);
  if (loaded_bytes == NO_LOAD) {
    say_error("db load comes first");
    return;
  }
  int32_t at = loaded_bytes;
  for (; hex[0] != '\0'; hex += 2) {
    const int32_t high = hex_digit(hex[0]);
    const int32_t low = high < 0 ? -1 : hex_digit(hex[1]);
    if (low < 0 || at == (int32_t)HARNESS_INPUT_BYTES) {
      say_error(low < 0 ? "these are no bytes in hexadecimal digits" : "these are more bytes than an input has");
      return;
    }
    input[at++] = (uint8_t)(high << 4 | low);
  }
  loaded_bytes = at;
  if (loaded_bytes < (int32_t)HARNESS_INPUT_BYTES) {
    say_number("m-at-[", (uint64_t)loaded_bytes);
    return;
  }
  loaded_bytes = NO_LOAD;
  has_input = 1;
  say("m-load-done\n");
  say_crc(input, HARNESS_INPUT_BYTES);
}

static void say_results(void) {
  if (!has_results) {
    say_error("there are no results yet");
    return;
  }
  say("m-results-[");
  for (uint32_t i = 0; i < HARNESS_OUTPUT_BYTES; i++) {
    const int32_t value = (int8_t)results[i];
    if (i > 0) say(",");
    if (value < 0) say("-");
    report_value((uint64_t)(value < 0 ? -value : value));
  }
  say("]\n");
  say_crc(results, HARNESS_OUTPUT_BYTES);
}

/*
 * An emulator that counts executed instructions, as Renode does, takes its readings where these functions are called: around every
 * run, and first around nothing. Their bodies differ lest a compiler makes one of them.
 */
void serial_count_begins(void);
void serial_count_ends(void);
__attribute__((noinline)) void serial_count_begins(void) { __asm__ volatile("/* begins */" ::: "memory"); }
__attribute__((noinline)) void serial_count_ends(void) { __asm__ volatile("/* ends */" ::: "memory"); }

/* The ticks of one run; UINT64_MAX where the model refused. */
static uint64_t run_once(uint32_t *stack_bytes) {
  const uintptr_t painted_top = platform_paint_stack();
  serial_count_begins();
  const uint64_t start = platform_ticks();
  const int status = harness_run(&context);
  const uint64_t ticks = platform_ticks() - start;
  serial_count_ends();
  const uint32_t used = platform_used_stack_bytes(painted_top);
  if (used > *stack_bytes) *stack_bytes = used;
  return status == 0 ? ticks : UINT64_MAX;
}

static void infer(const char *text) {
  const int32_t timed = take_number(&text);
  const int32_t untimed = *text == '\0' ? 0 : take_number(&text);
  if (timed < 1 || untimed < 0 || *text != '\0') {
    say_error("infer takes a number of runs, and a number of runs to warm up");
    return;
  }
  if (!has_input) {
    say_error("there is no input: db load comes first");
    return;
  }
  has_input = 0;
  say_number("m-warmup-start-[", (uint64_t)untimed);
  uint64_t ticks = 0;
  uint32_t stack_bytes = 0;
  for (int32_t i = 0; i < untimed + timed; i++) {
    if (i == untimed) {
      say("m-warmup-done\n");
      say_number("m-infer-start-[", (uint64_t)timed);
    }
    const uint64_t spent = run_once(&stack_bytes);
    if (spent == UINT64_MAX) {
      say_error("the model's run function returned a status other than 0");
      return;
    }
    if (stack_bytes == PLATFORM_STACK_EXHAUSTED) {
      say_error("the stack has overflowed");
      return;
    }
    if (i >= untimed) ticks += spent;
    if (i > 0) continue;
    const uint8_t *output = harness_output(&context);
    for (uint32_t at = 0; at < HARNESS_OUTPUT_BYTES; at++) results[at] = output[at];
    has_results = 1;
  }
  say("m-infer-done\n");
  say_number("m-ticks-[", ticks);
  say_number("m-stack-[", stack_bytes);
  say_results();
}

static void obey(void) {
  const char *rest;
  if (after(command, "name")) {
    say("m-name-dut-[quantmcu]\n");
  } else if (after(command, "profile")) {
    profile();
  } else if ((rest = after(command, "sync"))) {
    say("m-sync-[");
    say(rest);
    say("]\n");
  } else if (after(command, "timestamp")) {
    say_number("m-timestamp-[", platform_ticks());
  } else if ((rest = after(command, "db load"))) {
    begin_load(rest);
  } else if ((rest = after(command, "db at"))) {
    go_back(rest);
  } else if ((rest = after(command, "db"))) {
    load(rest);
  } else if ((rest = after(command, "infer"))) {
    infer(rest);
  } else if (after(command, "results")) {
    say_results();
  } else {
    say_error("this is no command");
  }
}

int main(void) {
  serial_start();
  platform_start_counter();
  init_context();
  serial_count_begins();
  (void)platform_ticks();
  (void)platform_ticks();
  serial_count_ends();
  say("m-init-done\n");
  for (;;) {
    say("m-ready\n");
    if (read_command() < 0) {
      say_error("this is longer than any command");
    } else {
      obey();
    }
  }
}
