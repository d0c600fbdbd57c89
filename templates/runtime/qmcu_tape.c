/* SPDX-License-Identifier: 0BSD */
#include "qmcu_tape.h"

#include <stddef.h>

enum { STOP = 0, REPEAT = 1, END = 2, WINDOW = 3, BRANCH = 4, JUMP = 5, AWAIT = 6, FIRST_LAYER = 7 };

static uint32_t read_varint(qmcu_tape *tape)
{
    uint32_t value = 0;
    uint32_t shift = 0;
    uint8_t byte;
    do {
        byte = *tape->next++;
        value |= (uint32_t)(byte & 0x7F) << shift;
        shift += 7;
    } while (byte >= 0x80);
    return value;
}

static void open_repeat(qmcu_tape *tape)
{
    const uint32_t times = read_varint(tape);
    tape->repeats[tape->depth].body = tape->next;
    tape->repeats[tape->depth].times_left = times - 1;
    tape->depth++;
}

static void close_repeat(qmcu_tape *tape)
{
    qmcu_tape_repeat *repeat = &tape->repeats[tape->depth - 1];
    if (repeat->times_left == 0) {
        tape->depth--;
    } else {
        repeat->times_left--;
        tape->next = repeat->body;
    }
}

static void pass_over(qmcu_tape *tape)
{
    const uint32_t bytes = read_varint(tape);
    tape->next += bytes;
}

static void enter_window(qmcu_tape *tape)
{
    const qmcu_windows *windows = tape->windows;
    const uint8_t *cell = windows->cells[read_varint(tape)];
    const uint16_t *first_rows = windows->first_rows + cell[0] * windows->count;
    tape->columns = windows->columns + cell[1] * windows->count;
    for (uint32_t i = 0; i < windows->count; i++) {
        tape->rows_done[windows->layers[i]] = first_rows[i];
    }
}

static void next_rows(qmcu_tape *tape, qmcu_tape_step *step, uint32_t layer)
{
    step->kind = QMCU_STEP_ROWS;
    step->layer = layer;
    step->y0 = tape->rows_done[layer];
    step->y1 = step->y0 + (int32_t)read_varint(tape);
    tape->rows_done[layer] = (uint16_t)step->y1;
}

void qmcu_tape_start(qmcu_tape *tape, const uint8_t *codes, const qmcu_windows *windows, uint16_t *rows_done,
                     uint32_t layers)
{
    tape->next = codes;
    tape->windows = windows;
    tape->columns = NULL;
    tape->rows_done = rows_done;
    tape->depth = 0;
    for (uint32_t layer = 0; layer < layers; layer++) {
        rows_done[layer] = 0;
    }
}

bool qmcu_tape_next(qmcu_tape *tape, qmcu_tape_step *step)
{
    for (;;) {
        const uint8_t *here = tape->next;
        const uint32_t code = read_varint(tape);
        switch (code) {
        case STOP:
            tape->next = here; /* so that a finished tape stays finished */
            return false;
        case REPEAT:
            open_repeat(tape);
            break;
        case END:
            close_repeat(tape);
            break;
        case WINDOW:
            enter_window(tape);
            break;
        case BRANCH:
            step->kind = QMCU_STEP_CLASSIFY;
            step->window = read_varint(tape);
            return true;
        case JUMP:
            pass_over(tape);
            break;
        case AWAIT:
            step->kind = QMCU_STEP_AWAIT;
            step->awaited_rows = read_varint(tape);
            return true;
        default:
            next_rows(tape, step, code - FIRST_LAYER);
            return true;
        }
    }
}

void qmcu_tape_choose(qmcu_tape *tape, bool is_outlier)
{
    const uint32_t outlier_bytes = read_varint(tape);
    if (!is_outlier) {
        tape->next += outlier_bytes;
    }
}
