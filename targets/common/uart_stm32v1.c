/* The USART of STM32F1, F2 and F4 (RM0090, chapter 30) at UART_BASE, clocked with SERIAL_CLOCK_HZ; pins: stm32_pins.h. */
#include "serial.h"
#include "stm32_pins.h"

#define STATUS STM32_REGISTER(UART_BASE + 0x00u)
#define DATA STM32_REGISTER(UART_BASE + 0x04u)
#define BAUD_RATE STM32_REGISTER(UART_BASE + 0x08u)
#define CONTROL1 STM32_REGISTER(UART_BASE + 0x0Cu)

#define STATUS_RECEIVED (1u << 5)
#define STATUS_TRANSMIT_EMPTY (1u << 7)
#define CONTROL1_RECEIVE (1u << 2)
#define CONTROL1_TRANSMIT (1u << 3)
#define CONTROL1_ENABLE (1u << 13)

void serial_start(void) {
  stm32_start_pins();
  BAUD_RATE = (SERIAL_CLOCK_HZ + SERIAL_BAUD / 2u) / SERIAL_BAUD;
  CONTROL1 = CONTROL1_ENABLE | CONTROL1_RECEIVE | CONTROL1_TRANSMIT;
}

uint8_t serial_read(void) {
  while ((STATUS & STATUS_RECEIVED) == 0) continue;
  return (uint8_t)DATA;
}

void serial_write(uint8_t byte) {
  while ((STATUS & STATUS_TRANSMIT_EMPTY) == 0) continue;
  DATA = byte;
}
