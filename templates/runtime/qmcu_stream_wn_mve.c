/* SPDX-License-Identifier: 0BSD */
#include "qmcu_stream_wn_mve.h"

#include <string.h>

/* Unpacks `runs` runs of 16 weights. */
static void unpack_runs(int8_t *to, const uint8_t *from, int32_t runs, uint32_t bits, uint32_t raise)
{
#if QMCU_MVE
    /* Two bytes hold a weight, whatever bit it begins with; moved up to bit 15 and down again, it has its sign. */
    const uint16x8_t even = vmulq_n_u16(vidupq_n_u16(0, 2), (uint16_t)bits), odd = vaddq_n_u16(even, (uint16_t)bits);
    const uint16x8_t even_byte = vshrq_n_u16(even, 3), odd_byte = vshrq_n_u16(odd, 3);
    const int32_t unused = 16 - (int32_t)bits;
    const uint16x8_t seven = vdupq_n_u16(7), up = vdupq_n_u16((uint16_t)unused);
    const int16x8_t even_up = vreinterpretq_s16_u16(vsubq_u16(up, vandq_u16(even, seven)));
    const int16x8_t odd_up = vreinterpretq_s16_u16(vsubq_u16(up, vandq_u16(odd, seven)));
    for (; runs > 0; runs--, from += 2u * bits, to += QMCU_BLOCK_VALUES) {
        uint16x8_t low = vldrbq_gather_offset_u16(from, even_byte);
        low = vshlq_u16(vsliq_n_u16(low, vldrbq_gather_offset_u16(from + 1, even_byte), 8), even_up);
        uint16x8_t high = vldrbq_gather_offset_u16(from, odd_byte);
        high = vshlq_u16(vsliq_n_u16(high, vldrbq_gather_offset_u16(from + 1, odd_byte), 8), odd_up);
        const int8x16_t evens = vreinterpretq_s8_s16(vshlq_r_s16(vreinterpretq_s16_u16(low), -unused));
        const int8x16_t both = vmovntq_s16(evens, vshlq_r_s16(vreinterpretq_s16_u16(high), -unused));
        vstrbq_s8(to, vshlq_r_s8(both, (int32_t)raise));
    }
#else
    for (; runs > 0; runs--, from += 2u * bits, to += QMCU_BLOCK_VALUES) {
        for (uint32_t i = 0; i < (uint32_t)QMCU_BLOCK_VALUES; i++) {
            const uint32_t bit = i * bits, two_bytes = from[bit / 8u] | (uint32_t)from[bit / 8u + 1u] << 8;
            const uint32_t sign = 1u << (bits - 1u), field = two_bytes >> bit % 8u & (2u * sign - 1u);
            to[i] = (int8_t)(((int32_t)(field ^ sign) - (int32_t)sign) * (int32_t)(1u << raise));
        }
    }
#endif
}

void qmcu_unpack_stream(const qmcu_stream_wn_mve *packed, const qmcu_arena *arena, int32_t channels, int32_t first,
                        qmcu_multiply_mve *multiply)
{
    const uint32_t runs = QMCU_TILE_CHANNELS * ((multiply->values + QMCU_BLOCK_VALUES - 1u) / QMCU_BLOCK_VALUES);
    const uint32_t weight_bytes = runs * QMCU_BLOCK_VALUES, packed_bytes = runs * 2u * packed->bits;
    const uint32_t row_bytes = QMCU_TILE_CHANNELS * sizeof(int32_t); /* biases, multipliers or shifts */
    const uint32_t rows_behind = (multiply->rounds_twice ? 2u : 1u) * row_bytes;
    const uint8_t *from = (const uint8_t *)packed->stream +
                          (uint32_t)(first / QMCU_TILE_CHANNELS) * (row_bytes + packed_bytes + rows_behind);
    int8_t *to = (int8_t *)qmcu_at(arena, packed->scratch);
    const int32_t left = channels - first;
    multiply->stream = (const int32_t *)(const void *)to;
    /* Less than a group is never left. */
    multiply->channels = (uint16_t)(left < packed->block + QMCU_TILE_CHANNELS ? left : packed->block);
    for (int32_t groups = (multiply->channels + QMCU_TILE_CHANNELS - 1) / QMCU_TILE_CHANNELS; groups > 0; groups--) {
        memcpy(to, from, row_bytes);
        unpack_runs(to + row_bytes, from + row_bytes, (int32_t)runs, packed->bits, packed->raise);
        from += row_bytes + packed_bytes;
        to += row_bytes + weight_bytes;
        memcpy(to, from, rows_behind);
        from += rows_behind;
        to += rows_behind;
    }
}
