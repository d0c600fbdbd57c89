/*
 * The pins of a USART on STM32 parts that have their GPIO ports on one AHB register: the port's clock at
 * PORT_ENABLE_REGISTER (bit PORT_ENABLE_BIT), the USART's at UART_ENABLE_REGISTER (bit UART_ENABLE_BIT), and two pins of the
 * port at PORT_BASE on alternate function UART_FUNCTION.
 */
#ifndef STM32_PINS_H
#define STM32_PINS_H

#include <stdint.h>

#define STM32_REGISTER(address) (*(volatile uint32_t *)(address))

static inline void stm32_alternate_pin(uint32_t pin) {
  volatile uint32_t *mode = (volatile uint32_t *)PORT_BASE;
  volatile uint32_t *function = (volatile uint32_t *)(PORT_BASE + 0x20u + 4u * (pin / 8u));
  const uint32_t shift = 4u * (pin % 8u);
  *function = (*function & ~(15u << shift)) | (uint32_t)UART_FUNCTION << shift;
  *mode = (*mode & ~(3u << (2u * pin))) | 2u << (2u * pin);
}

static inline void stm32_start_pins(void) {
  STM32_REGISTER(PORT_ENABLE_REGISTER) |= 1u << PORT_ENABLE_BIT;
  STM32_REGISTER(UART_ENABLE_REGISTER) |= 1u << UART_ENABLE_BIT;
  stm32_alternate_pin(UART_TRANSMIT_PIN);
  stm32_alternate_pin(UART_RECEIVE_PIN);
}

#endif
