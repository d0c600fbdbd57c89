/* Files, text and exit through Arm semihosting: a breakpoint that the emulator or a debug probe serves. */
#include "platform.h"

enum {
  SYS_OPEN = 0x01,
  SYS_CLOSE = 0x02,
  SYS_WRITE0 = 0x04,
  SYS_WRITE = 0x05,
  SYS_READ = 0x06,
  SYS_SEEK = 0x0A,
  SYS_EXIT_EXTENDED = 0x20
};

enum { MODE_READ_BINARY = 1, MODE_WRITE_BINARY = 5 };

#define APPLICATION_EXIT 0x20026u

static int32_t semihosting_call(int32_t operation, const void *parameters) {
  register int32_t r0 __asm__("r0") = operation;
  register const void *r1 __asm__("r1") = parameters;
  __asm__ volatile("bkpt 0xAB" : "+r"(r0) : "r"(r1) : "memory");
  return r0;
}

static int32_t open_file(const char *path, uint32_t mode) {
  /* Volatile, or the compiler makes this a call of strlen and links the C library on the harness's behalf. */
  const volatile char *end = path;
  while (*end != '\0') end++;
  const uint32_t path_bytes = (uint32_t)(end - path);
  const uint32_t parameters[] = {(uint32_t)(uintptr_t)path, mode, path_bytes};
  return semihosting_call(SYS_OPEN, parameters);
}

int32_t platform_open_to_read(const char *path) { return open_file(path, MODE_READ_BINARY); }

int32_t platform_open_to_write(const char *path) { return open_file(path, MODE_WRITE_BINARY); }

uint32_t platform_read(int32_t file, void *bytes, uint32_t byte_count) {
  uint8_t *target = bytes;
  uint32_t missing_bytes = byte_count;
  while (missing_bytes > 0) {
    const uint32_t parameters[] = {(uint32_t)file, (uint32_t)(uintptr_t)target, missing_bytes};
    const uint32_t still_missing_bytes = (uint32_t)semihosting_call(SYS_READ, parameters);
    if (still_missing_bytes >= missing_bytes) break;
    target += missing_bytes - still_missing_bytes;
    missing_bytes = still_missing_bytes;
  }
  return byte_count - missing_bytes;
}

int platform_seek(int32_t file, uint32_t byte) {
  const uint32_t parameters[] = {(uint32_t)file, byte};
  return semihosting_call(SYS_SEEK, parameters) == 0 ? 0 : -1;
}

int platform_write(int32_t file, const void *bytes, uint32_t byte_count) {
  const uint32_t parameters[] = {(uint32_t)file, (uint32_t)(uintptr_t)bytes, byte_count};
  return semihosting_call(SYS_WRITE, parameters) == 0 ? 0 : -1;
}

void platform_close(int32_t file) {
  const uint32_t parameters[] = {(uint32_t)file};
  semihosting_call(SYS_CLOSE, parameters);
}

void platform_print(const char *text) { semihosting_call(SYS_WRITE0, text); }

void platform_exit(int status) {
  const uint32_t parameters[] = {APPLICATION_EXIT, (uint32_t)status};
  for (;;) semihosting_call(SYS_EXIT_EXTENDED, parameters);
}
