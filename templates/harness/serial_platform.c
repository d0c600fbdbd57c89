/* Text over the UART; an exit that halts, since whoever is at the other end sees what was said last. */
#include "platform.h"
#include "serial.h"

void platform_print(const char *text) {
  for (const volatile char *c = text; *c != '\0'; c++) {
    if (*c == '\n') serial_write('\r');
    serial_write((uint8_t)*c);
  }
}

void platform_exit(int status) {
  (void)status;
  for (;;) continue;
}
