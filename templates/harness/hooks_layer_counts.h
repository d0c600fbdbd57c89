/* Included ahead of every source of the model: counts the ticks between the two ends of each kernel call. */
#ifndef HARNESS_HOOKS_H
#define HARNESS_HOOKS_H

#include <stdint.h>

void harness_layer_begin(void);
void harness_layer_end(uint32_t layer);

#define QMCU_LAYER_BEGIN(layer) harness_layer_begin()
#define QMCU_LAYER_END(layer) harness_layer_end((uint32_t)(layer))

#endif
