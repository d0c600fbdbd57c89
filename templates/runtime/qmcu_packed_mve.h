/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PACKED_MVE_H
#define QMCU_PACKED_MVE_H

/* Columns of packed rows by the vector extension, 16 channels at once: what qmcu_packed.c has in C for all other processors. */

#include "qmcu_mve.h"
#include "qmcu_packed.h"
#include "qmcu_packed_finish.h"

#if QMCU_MVE

enum { QMCU_VECTOR = 16 };

/* One column, from bytes of which it has the bits from `shift` on. */
static inline void qmcu_unpack_column(const uint8_t *bytes, int32_t channels, int32_t bits, uint32_t shift,
                                      int8_t *values)
{
    const uint8x16_t lowest = vdupq_n_u8((uint8_t)((1u << bits) - 1u));
    for (; channels > 0; channels -= QMCU_VECTOR, bytes += QMCU_VECTOR, values += QMCU_VECTOR) {
        const mve_pred16_t present = vctp8q((uint32_t)channels);
        const uint8x16_t shifted = vshlq_r_u8(vldrbq_z_u8(bytes, present), -(int32_t)shift);
        vstrbq_p_u8((uint8_t *)values, vandq_u8(shifted, lowest), present);
    }
}

/* Two columns of 4 bits that share their bytes. */
static inline void qmcu_unpack_two_columns(const uint8_t *bytes, int32_t channels, int8_t *values)
{
    int8_t *second = values + channels;
    const uint8x16_t lowest = vdupq_n_u8(15);
    for (; channels > 0; channels -= QMCU_VECTOR, bytes += QMCU_VECTOR, values += QMCU_VECTOR, second += QMCU_VECTOR) {
        const mve_pred16_t present = vctp8q((uint32_t)channels);
        const uint8x16_t pairs = vldrbq_z_u8(bytes, present);
        vstrbq_p_u8((uint8_t *)values, vshrq_n_u8(pairs, 4), present);
        vstrbq_p_u8((uint8_t *)second, vandq_u8(pairs, lowest), present);
    }
}

/* One column into bytes whose other bits stay. */
static inline void qmcu_pack_column(const int8_t *values, int32_t channels, int32_t bits, uint32_t shift,
                                    uint8_t *bytes)
{
    const uint8x16_t own = vdupq_n_u8((uint8_t)(((1u << bits) - 1u) << shift));
    for (; channels > 0; channels -= QMCU_VECTOR, bytes += QMCU_VECTOR, values += QMCU_VECTOR) {
        const mve_pred16_t present = vctp8q((uint32_t)channels);
        const uint8x16_t shifted = vshlq_r_u8(vldrbq_z_u8((const uint8_t *)values, present), (int32_t)shift);
        const uint8x16_t others = vbicq_u8(vldrbq_z_u8(bytes, present), own);
        vstrbq_p_u8(bytes, vorrq_u8(others, vandq_u8(shifted, own)), present);
    }
}

/* What turns up to 16 values that a kernel has written, those of the channels from `channel` on, into ones that are stored. */
static inline uint8x16_t qmcu_finish_vector(const qmcu_packed_maps *maps, const int8_t *values, int32_t channel,
                                       mve_pred16_t present)
{
    int8x16_t result = vldrbq_z_s8(values + channel, present);
    if (maps->zero_points != NULL) {
        result = vqaddq_s8(result, vldrbq_z_s8(maps->zero_points + channel, present));
    }
    result = vmaxq_s8(vminq_s8(result, vdupq_n_s8(maps->max)), vdupq_n_s8(maps->min));
    return vreinterpretq_u8_s8(result);
}

static inline void qmcu_finish_column(const qmcu_finish *how, int8_t *values, int32_t channels)
{
    for (int32_t c = 0; c < channels; c += QMCU_VECTOR) {
        const mve_pred16_t present = vctp8q((uint32_t)(channels - c));
        vstrbq_p_u8((uint8_t *)values + c, qmcu_finish_vector(how->maps, values, c, present), present);
    }
}

/* Finishes two columns of 4 bits that share their bytes, and packs them. */
static inline void qmcu_finish_pair(const qmcu_finish *how, const int8_t *values, int32_t channels, uint8_t *bytes)
{
    for (int32_t c = 0; c < channels; c += QMCU_VECTOR) {
        const mve_pred16_t present = vctp8q((uint32_t)(channels - c));
        const uint8x16_t first = qmcu_finish_vector(how->maps, values, c, present);
        const uint8x16_t second = qmcu_finish_vector(how->maps, values + channels, c, present);
        vstrbq_p_u8(bytes + c, vsliq_n_u8(second, first, 4), present);
    }
}

#endif

#endif
