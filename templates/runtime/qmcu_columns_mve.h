/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_COLUMNS_MVE_H
#define QMCU_COLUMNS_MVE_H

#include "qmcu_mve.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Runs of bytes that follow each other, and that are to be spread out. */
typedef struct {
    int32_t run;  /* bytes */
    int32_t step; /* from one run to the next, spread out */
    int32_t fitting;     /* runs that are moved by one instruction; 0 where they are too long for that, or too far apart */
    uint8_t places[16]; /* of their bytes, and of those that follow */
} qmcu_spread;

static inline qmcu_spread qmcu_spread_of(int32_t run, int32_t step)
{
    qmcu_spread spread = {run, step, run <= 8 && 15 / run * step + run <= 256 ? 16 / run : 0, {0}};
    if (spread.fitting > 0) {
        for (int32_t i = 0, place = 0, left = run; i < 16; i++) {
            spread.places[i] = (uint8_t)place;
            left--;
            place += left > 0 ? 1 : step - run + 1;
            left = left > 0 ? left : run;
        }
    }
    return spread;
}

/* Copies `runs` runs, from `from_step` bytes apart to places `step` bytes apart. */
static inline void qmcu_copy_runs(const qmcu_spread *spread, int8_t *to, const int8_t *from, int32_t from_step,
                                  int32_t runs)
{
    const int32_t run = spread->run, step = spread->step;
#if QMCU_MVE
    for (int32_t done = 0; done < run; done += 16) {
        int8_t *target = to + done;
        const int8_t *source = from + done;
        if (run - done >= 16) {
            for (int32_t left = runs; left > 0; left--, target += step, source += from_step) {
                vstrbq_s8(target, vldrbq_s8(source));
            }
        } else {
            const mve_pred16_t present = vctp8q((uint32_t)(run - done));
            for (int32_t left = runs; left > 0; left--, target += step, source += from_step) {
                vstrbq_p_s8(target, vldrbq_z_s8(source, present), present);
            }
        }
    }
#else
    for (; runs > 0; runs--, to += step, from += from_step) {
        for (int32_t i = 0; i < run; i++) {
            to[i] = from[i];
        }
    }
#endif
}

/* The same of runs that follow each other. */
static inline void qmcu_spread_runs(const qmcu_spread *spread, int8_t *to, const int8_t *from, int32_t runs)
{
#if QMCU_MVE
    if (spread->fitting > 0) {
        const uint8x16_t places = vldrbq_u8(spread->places);
        const int32_t bytes = spread->fitting * spread->run, to_bytes = spread->fitting * spread->step;
        int32_t left = runs * spread->run;
        for (; left >= 16; left -= bytes, from += bytes, to += to_bytes) {
            vstrbq_scatter_offset_s8(to, places, vldrbq_s8(from));
        }
        if (left > 0) {
            const mve_pred16_t present = vctp8q((uint32_t)left);
            vstrbq_scatter_offset_p_s8(to, places, vldrbq_z_s8(from, present), present);
        }
        return;
    }
#endif
    qmcu_copy_runs(spread, to, from, spread->run, runs);
}

#ifdef __cplusplus
}
#endif

#endif
