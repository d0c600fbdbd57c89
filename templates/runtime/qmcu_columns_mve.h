/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_COLUMNS_MVE_H
#define QMCU_COLUMNS_MVE_H

#include "qmcu_mve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* `columns` runs of `count` bytes, from `from_step` apart to `to_step` apart. */
static inline void qmcu_copy_columns(int8_t *to, int32_t to_step, const int8_t *from, int32_t from_step, int32_t count,
                                     int32_t columns)
{
#if QMCU_MVE
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
