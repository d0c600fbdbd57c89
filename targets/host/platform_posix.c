/* The harness as a program of the host: same files, same result line, neither counter nor stack measurement. */
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>

enum { FILE_COUNT = 4 };

static FILE *files[FILE_COUNT];

static int32_t open_file(const char *path, const char *mode) {
  for (int32_t file = 0; file < FILE_COUNT; file++) {
    if (files[file] != NULL) continue;
    files[file] = fopen(path, mode);
    return files[file] == NULL ? PLATFORM_NO_FILE : file;
  }
  return PLATFORM_NO_FILE;
}

int32_t platform_open_to_read(const char *path) { return open_file(path, "rb"); }

int32_t platform_open_to_write(const char *path) { return open_file(path, "wb"); }

uint32_t platform_read(int32_t file, void *bytes, uint32_t byte_count) {
  return (uint32_t)fread(bytes, 1, byte_count, files[file]);
}

int platform_seek(int32_t file, uint32_t byte) {
  return fseek(files[file], (long)byte, SEEK_SET) == 0 ? 0 : -1;
}

int platform_write(int32_t file, const void *bytes, uint32_t byte_count) {
  return fwrite(bytes, 1, byte_count, files[file]) == byte_count ? 0 : -1;
}

void platform_close(int32_t file) {
  fclose(files[file]);
  files[file] = NULL;
}

void platform_print(const char *text) { fputs(text, stdout); }

void platform_exit(int status) { exit(status); }

void platform_start_counter(void) {}

uint64_t platform_ticks(void) { return 0; }

uintptr_t platform_paint_stack(void) { return 0; }

uint32_t platform_used_stack_bytes(uintptr_t painted_top) {
  (void)painted_top;
  return 0;
}
