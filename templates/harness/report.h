/* The one line of text that a run prints: `QUANTMCU {…}`, a JSON object that says how the run went. */
#ifndef HARNESS_REPORT_H
#define HARNESS_REPORT_H

#include <stdint.h>

/* A number by itself. */
void report_value(uint64_t value);

void report_begin(void);
void report_number(const char *key, uint64_t value);
void report_text(const char *key, const char *value);

/* "key": [ number, … ] */
void report_list_begin(const char *key);
void report_list_number(uint64_t value);
void report_list_end(void);

void report_end(void);

/* Prints { "error": what, "inference": index } and ends the run with a non-zero status. */
void report_failure(const char *what, uint32_t inference);

#endif
