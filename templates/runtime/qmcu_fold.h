/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_FOLD_H
#define QMCU_FOLD_H

#include <stddef.h>

#include "qmcu_window.h"

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A layer may fold rows: add rows of its input up to the one row of its output, in as many calls as it takes until all have come.
 * The rectangle of a call then names rows of the input. From one call to the next the sums are kept in the arena.
 */
typedef struct {
    uint16_t rows; /* of the input that make the output's; 0 where a layer does not fold */
    uint32_t sums; /* from the start of the arena, a word for each value of the output; unused where one call has all rows */
} qmcu_fold;

/* The sums that a call goes on from, and those that it keeps. */
typedef struct {
    const int32_t *earlier; /* NULL in the first call, and where a layer does not fold */
    int32_t *kept;          /* NULL in the last, and there */
} qmcu_fold_sums;

/* Those of a call, from value `first` of the output's row on. */
static inline qmcu_fold_sums qmcu_fold_sums_of(const qmcu_fold *fold, const qmcu_arena *arena, const qmcu_rect *rect,
                                               int32_t first)
{
    int32_t *sums = (int32_t *)(void *)qmcu_at(arena, fold->sums) + first;
    const qmcu_fold_sums own = {fold->rows > 0u && rect->y0 > 0 ? sums : NULL, rect->y1 < fold->rows ? sums : NULL};
    return own;
}

/* The same from another value on. */
static inline qmcu_fold_sums qmcu_fold_sums_from(qmcu_fold_sums sums, int32_t first)
{
    const qmcu_fold_sums own = {sums.earlier == NULL ? NULL : sums.earlier + first,
                                sums.kept == NULL ? NULL : sums.kept + first};
    return own;
}

/* Rows y0 ... y1-1 of the output that a call works on. */
typedef struct {
    int32_t y0, y1;
} qmcu_fold_rows;

static inline qmcu_fold_rows qmcu_fold_rows_of(const qmcu_fold *fold, const qmcu_rect *rect)
{
    const qmcu_fold_rows rows = {fold->rows > 0u ? 0 : rect->y0, fold->rows > 0u ? 1 : rect->y1};
    return rows;
}

/* A window, of which a layer that folds sees the rows of a call. */
static inline qmcu_view qmcu_fold_view(const qmcu_fold *fold, const qmcu_window *window, const qmcu_map *input,
                                       const qmcu_arena *arena, const qmcu_rect *rect, int32_t y)
{
    qmcu_view view = qmcu_view_row(window, input, arena, y, rect->in_x[0]);
    if (fold->rows > 0u) {
        view.rows.first = rect->y0;
        view.rows.inside = rect->y1 - rect->y0;
    }
    return view;
}

/* Rows of the input under such a window, in all calls. */
static inline int32_t qmcu_fold_height(const qmcu_fold *fold, const qmcu_view *view)
{
    return fold->rows > 0u ? fold->rows : view->rows.inside;
}

#ifdef __cplusplus
}
#endif

#endif
