#include "report.h"

#include "platform.h"

static const char *separator = "";

/* By subtraction: a 64-bit division would pull a library routine into the firmware under test. */
void report_value(uint64_t value) {
  static const uint64_t powers[] = {
      10000000000000000000u, 1000000000000000000u, 100000000000000000u, 10000000000000000u, 1000000000000000u,
      100000000000000u,      10000000000000u,      1000000000000u,      100000000000u,      10000000000u,
      1000000000u,           100000000u,           10000000u,           1000000u,           100000u,
      10000u,                1000u,                100u,                10u,                1u,
  };
  const uint32_t power_count = sizeof powers / sizeof powers[0];
  char digits[sizeof powers / sizeof powers[0] + 1];
  uint32_t length = 0;
  for (uint32_t i = 0; i < power_count; i++) {
    char digit = '0';
    while (value >= powers[i]) {
      value -= powers[i];
      digit++;
    }
    if (digit != '0' || length > 0 || i == power_count - 1) digits[length++] = digit;
  }
  digits[length] = '\0';
  platform_print(digits);
}

static void print_key(const char *key) {
  platform_print(separator);
  platform_print("\"");
  platform_print(key);
  platform_print("\":");
  separator = ",";
}

void report_begin(void) {
  platform_print("QUANTMCU {");
  separator = "";
}

void report_number(const char *key, uint64_t value) {
  print_key(key);
  report_value(value);
}

void report_text(const char *key, const char *value) {
  print_key(key);
  platform_print("\"");
  platform_print(value);
  platform_print("\"");
}

void report_list_begin(const char *key) {
  print_key(key);
  platform_print("[");
  separator = "";
}

void report_list_number(uint64_t value) {
  platform_print(separator);
  report_value(value);
  separator = ",";
}

void report_list_end(void) {
  platform_print("]");
  separator = ",";
}

void report_end(void) { platform_print("}\n"); }

void report_failure(const char *what, uint32_t inference) {
  report_begin();
  report_text("error", what);
  report_number("inference", inference);
  report_end();
  platform_exit(1);
}
