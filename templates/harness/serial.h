/*
 * What the serial harness needs of a board besides platform.h: a UART, polled. platform_print and platform_exit are
 * implemented over it by serial_platform.c.
 */
#ifndef HARNESS_SERIAL_H
#define HARNESS_SERIAL_H

#include <stdint.h>

/* 8 data bits, no parity, 1 stop bit, at SERIAL_BAUD. */
void serial_start(void);

/* Waits for a byte. */
uint8_t serial_read(void);

/* Waits until a byte can be sent. */
void serial_write(uint8_t byte);

#endif
