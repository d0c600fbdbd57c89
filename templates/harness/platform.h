/*
 * What the harness needs of the machine it runs on: files of the run's working directory, one line of text, an
 * exit status, a counter and the stack. Firmware implements it over semihosting, the host over POSIX.
 */
#ifndef HARNESS_PLATFORM_H
#define HARNESS_PLATFORM_H

#include <stdint.h>

#define PLATFORM_NO_FILE (-1)

/* PLATFORM_NO_FILE when the file cannot be opened. */
int32_t platform_open_to_read(const char *path);
int32_t platform_open_to_write(const char *path);

/* The number of bytes read, which is less than byte_count at the end of the file only. */
uint32_t platform_read(int32_t file, void *bytes, uint32_t byte_count);

/* Goes to a byte of a file that is open to read; 0 when it is there. */
int platform_seek(int32_t file, uint32_t byte);

/* 0 when every byte was written. */
int platform_write(int32_t file, const void *bytes, uint32_t byte_count);

void platform_close(int32_t file);

void platform_print(const char *text);

void platform_exit(int status);

/* Ticks of a counter that advances with executed instructions; always 0 where there is none. */
void platform_start_counter(void);
uint64_t platform_ticks(void);

/*
 * Fills the unused stack with a pattern and returns where that ends; tells later how much of it is gone: 0 where that
 * is not known, PLATFORM_STACK_EXHAUSTED when nothing is left and what lies below may be overwritten.
 */
#define PLATFORM_STACK_EXHAUSTED UINT32_MAX
uintptr_t platform_paint_stack(void);
uint32_t platform_used_stack_bytes(uintptr_t painted_top);

#endif
