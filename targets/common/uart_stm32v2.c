/* The USART of STM32F7, H7 and L4 (RM0433, chapter 48) at UART_BASE, clocked with SERIAL_CLOCK_HZ; pins: stm32_pins.h. */
#include "serial.h"
#include "stm32_pins.h"

#define CONTROL1 STM32_REGISTER(UART_BASE + 0x00u)
#define BAUD_RATE STM32_REGISTER(UART_BASE + 0x0Cu)
#define STATUS STM32_REGISTER(UART_BASE + 0x1Cu)
#define CLEAR STM32_REGISTER(UART_BASE + 0x20u)
#define RECEIVED STM32_REGISTER(UART_BASE + 0x24u)
#define TRANSMIT STM32_REGISTER(UART_BASE + 0x28u)

#define STATUS_RECEIVED (1u << 5)
#define STATUS_TRANSMIT_EMPTY (1u << 7)
#define CLEAR_OVERRUN (1u << 3)
#define CONTROL1_ENABLE (1u << 0)
#define CONTROL1_RECEIVE (1u << 2)
#define CONTROL1_TRANSMIT (1u << 3)

void serial_start(void) {
  stm32_start_pins();
  BAUD_RATE = (SERIAL_CLOCK_HZ + SERIAL_BAUD / 2u) / SERIAL_BAUD;
  CONTROL1 = CONTROL1_ENABLE | CONTROL1_RECEIVE | CONTROL1_TRANSMIT;
}

/* An overrun holds up what follows until it is cleared; the byte that it cost is told by the sums. */
uint8_t serial_read(void) {
  while ((STATUS & STATUS_RECEIVED) == 0) CLEAR = CLEAR_OVERRUN;
  return (uint8_t)RECEIVED;
}

void serial_write(uint8_t byte) {
  while ((STATUS & STATUS_TRANSMIT_EMPTY) == 0) continue;
  TRANSMIT = byte;
}
