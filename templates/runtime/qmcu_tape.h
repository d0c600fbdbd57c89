/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_TAPE_H
#define QMCU_TAPE_H

#include <stdbool.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/*
 * A tape says in which order the rows of which layers are computed. It is a string of base-128 varints, low bits first:
 *
 *     0              the end
 *     1, times       what follows up to the matching 2 is played that often
 *     2              closes a repeat
 *     3, w           from here on window w holds
 *     4, w, n        asks for the class of window w; unless it is outlier the next n bytes are passed over
 *     5, n           passes over n bytes
 *     6, n           goes on once the next n rows of the input are there; 6, 0 lets its first row be the next again
 *     layer + 7, n   the next n rows of a layer
 *
 * A layer's rows ascend from 0, or from where its span in the window begins. The player hands out one step at a time and keeps all it knows in a qmcu_tape, so that a caller may stop between two
 * steps (for an input row that has not arrived) and go on later.
 */

#define QMCU_TAPE_MAX_DEPTH 4

/* Columns x0 ... x1-1 of a layer's output. */
typedef struct {
    uint16_t x0, x1;
} qmcu_columns;

/*
 * Windows cut maps into patches or strips. A window lies in a row and a column of a grid: the row says at which row of its
 * output each layer begins, the column which columns it computes.
 */
typedef struct {
    const uint8_t (*cells)[2];   /* by window: row and column of the grid */
    const uint16_t *layers;      /* those that windows cut */
    const uint16_t *first_rows;  /* `count` numbers for each row of the grid, one a layer */
    const qmcu_columns *columns; /* the same for each column */
    uint32_t count;              /* of `layers` */
} qmcu_windows;

/* What comes next: rows y0 ... y1-1 of a layer, rows of the input to wait for, or a window to be classified. */
typedef struct {
    enum { QMCU_STEP_ROWS, QMCU_STEP_AWAIT, QMCU_STEP_CLASSIFY } kind;
    uint32_t layer;
    int32_t y0, y1;
    uint32_t awaited_rows;
    uint32_t window;
} qmcu_tape_step;

typedef struct {
    const uint8_t *body;
    uint32_t times_left;
} qmcu_tape_repeat;

typedef struct {
    const uint8_t *next;         /* what is read next */
    const qmcu_windows *windows; /* NULL where no window cuts a map */
    const qmcu_columns *columns; /* of the layers in the window that holds */
    uint16_t *rows_done;         /* of each layer */
    uint32_t depth;              /* open repeats */
    qmcu_tape_repeat repeats[QMCU_TAPE_MAX_DEPTH];
} qmcu_tape;

/* Puts the player at the beginning of a tape; `rows_done` is the caller's, one counter a layer. */
void qmcu_tape_start(qmcu_tape *tape, const uint8_t *codes, const qmcu_windows *windows, uint16_t *rows_done,
                     uint32_t layers);

/* Hands out the next step; false at the end of the tape. */
bool qmcu_tape_next(qmcu_tape *tape, qmcu_tape_step *step);

/* Answers a step of kind QMCU_STEP_CLASSIFY. */
void qmcu_tape_choose(qmcu_tape *tape, bool is_outlier);

#ifdef __cplusplus
}
#endif

#endif
