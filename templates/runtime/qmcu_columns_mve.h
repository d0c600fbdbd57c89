/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_COLUMNS_MVE_H
#define QMCU_COLUMNS_MVE_H

#include "qmcu_mve.h"

#ifdef __cplusplus
extern "C" {
#endif

#if QMCU_MVE

/* Runs so short are copied eight at a time, value by value. */
enum { QMCU_SHORT_RUN = 8 };

static inline void qmcu_copy_short_runs(int8_t *to, int32_t to_step, const int8_t *from, int32_t from_step,
                                        int32_t count, int32_t columns)
{
    const uint16x8_t places = vidupq_n_u16(0, 1);
    const uint16x8_t targets = vmulq_n_u16(places, (uint16_t)to_step);
    const uint16x8_t sources = vmulq_n_u16(places, (uint16_t)from_step);
    for (; columns > 0; columns -= 8, to += 8 * to_step, from += 8 * from_step) {
        const mve_pred16_t present = vctp16q((uint32_t)columns);
        for (int32_t i = 0; i < count; i++) {
            vstrbq_scatter_offset_p_s16(to + i, targets, vldrbq_gather_offset_z_s16(from + i, sources, present), present);
        }
    }
}

#endif

/* `columns` runs of `count` bytes, from `from_step` apart to `to_step` apart; runs of up to 8 bytes no further than 8191. */
static inline void qmcu_copy_columns(int8_t *to, int32_t to_step, const int8_t *from, int32_t from_step, int32_t count,
                                     int32_t columns)
{
#if QMCU_MVE
    if (count <= QMCU_SHORT_RUN && columns > 1) {
        qmcu_copy_short_runs(to, to_step, from, from_step, count, columns);
        return;
    }
    for (; count > 0; count -= 16, to += 16, from += 16) {
        const mve_pred16_t present = vctp8q((uint32_t)count);
        int8_t *target = to;
        const int8_t *source = from;
        for (int32_t column = 0; column < columns; column++, target += to_step, source += from_step) {
            vstrbq_p_s8(target, vldrbq_z_s8(source, present), present);
        }
    }
#else
    for (; columns > 0; columns--, to += to_step, from += from_step) {
        for (int32_t i = 0; i < count; i++) {
            to[i] = from[i];
        }
    }
#endif
}

#ifdef __cplusplus
}
#endif

#endif
