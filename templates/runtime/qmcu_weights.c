/* SPDX-License-Identifier: 0BSD */
#include "qmcu_weights.h"

/* The low 4 bits of a byte as a signed number, `factor` times. */
static int8_t signed_nibble(uint32_t byte, int32_t factor)
{
    return (int8_t)(((int32_t)((byte & 15u) ^ 8u) - 8) * factor);
}

static void unpack_nibbles(const uint8_t *packed, int32_t count, int32_t factor, int8_t *values, int32_t pitch)
{
    for (; count > 1; count -= 2) {
        const uint32_t byte = *packed++;
        values[0] = signed_nibble(byte, factor);
        values[pitch] = signed_nibble(byte >> 4, factor);
        values += 2 * pitch;
    }
    if (count > 0) {
        *values = signed_nibble(*packed, factor);
    }
}

void qmcu_unpack_weights(const qmcu_packed_weights *weights, int32_t channel, int32_t count, int8_t *values,
                         int32_t pitch)
{
    const uint32_t bits = weights->bits;
    const uint32_t sign = 1u << (bits - 1u);
    const int32_t factor = (int32_t)(1u << weights->raise);
    const uint8_t *next = weights->data + (uint32_t)channel * (((uint32_t)count * bits + 7u) / 8u);
    if (bits == 4u) {
        unpack_nibbles(next, count, factor, values, pitch);
        return;
    }
    uint32_t window = 0; /* bits read ahead, the next one lowest */
    uint32_t ahead = 0;
    for (int32_t i = 0; i < count; i++) {
        if (ahead < bits) {
            window |= (uint32_t)*next++ << ahead;
            ahead += 8u;
        }
        const uint32_t value = window & (2u * sign - 1u);
        values[i * pitch] = (int8_t)(((int32_t)(value ^ sign) - (int32_t)sign) * factor);
        window >>= bits;
        ahead -= bits;
    }
}
