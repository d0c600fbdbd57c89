/* The UART of nRF51 and nRF52 (nRF52840 product specification, chapter 6.33) at UART_BASE, at 115200 baud. */
#include "serial.h"

#define REGISTER(offset) (*(volatile uint32_t *)(UART_BASE + (offset)))
#define START_RECEIVER REGISTER(0x000u)
#define START_TRANSMITTER REGISTER(0x008u)
#define RECEIVED REGISTER(0x108u)
#define TRANSMITTED REGISTER(0x11Cu)
#define ENABLE REGISTER(0x500u)
#define TRANSMIT_PIN REGISTER(0x50Cu)
#define RECEIVE_PIN REGISTER(0x514u)
#define RECEIVE_DATA REGISTER(0x518u)
#define TRANSMIT_DATA REGISTER(0x51Cu)
#define BAUD_RATE REGISTER(0x524u)

#define ENABLE_UART 4u
#define BAUD_115200 0x01D7E000u

void serial_start(void) {
  TRANSMIT_PIN = UART_TRANSMIT_PIN;
  RECEIVE_PIN = UART_RECEIVE_PIN;
  BAUD_RATE = BAUD_115200;
  ENABLE = ENABLE_UART;
  START_RECEIVER = 1;
  START_TRANSMITTER = 1;
}

uint8_t serial_read(void) {
  while (RECEIVED == 0) continue;
  RECEIVED = 0;
  return (uint8_t)RECEIVE_DATA;
}

void serial_write(uint8_t byte) {
  TRANSMITTED = 0;
  TRANSMIT_DATA = byte;
  while (TRANSMITTED == 0) continue;
}
