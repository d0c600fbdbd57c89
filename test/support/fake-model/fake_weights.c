#include "fake_model.h"

#ifndef FAKE_WEIGHT_BYTES
#define FAKE_WEIGHT_BYTES 16
#endif

extern const uint8_t fake_weights[FAKE_WEIGHT_BYTES];

const uint8_t fake_weights[FAKE_WEIGHT_BYTES] = {0, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100, 110, 120, 130, 140, 150};
