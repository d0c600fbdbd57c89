/* The UART of Arm's CMSDK (DDI 0479C, chapter 4.3), on the MPS2 and MPS3 boards: at UART_BASE, clocked with SERIAL_CLOCK_HZ. */
#include "serial.h"

#define REGISTER(offset) (*(volatile uint32_t *)(UART_BASE + (offset)))
#define DATA REGISTER(0x00u)
#define STATE REGISTER(0x04u)
#define CONTROL REGISTER(0x08u)
#define BAUD_DIVIDER REGISTER(0x10u)

#define STATE_TRANSMIT_FULL (1u << 0)
#define STATE_RECEIVE_FULL (1u << 1)
#define CONTROL_TRANSMIT (1u << 0)
#define CONTROL_RECEIVE (1u << 1)

void serial_start(void) {
  BAUD_DIVIDER = SERIAL_CLOCK_HZ / SERIAL_BAUD;
  CONTROL = CONTROL_TRANSMIT | CONTROL_RECEIVE;
}

uint8_t serial_read(void) {
  while ((STATE & STATE_RECEIVE_FULL) == 0) continue;
  return (uint8_t)DATA;
}

void serial_write(uint8_t byte) {
  while ((STATE & STATE_TRANSMIT_FULL) != 0) continue;
  DATA = byte;
}
