/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PLANES_STORE_DSP_H
#define QMCU_PLANES_STORE_DSP_H

/*
 * How the assembly of the kernels for planes stores outputs (qmcu_planes_dsp.h): the first of two at `at`, the second one beside it,
 * and on to the next two, or to what is behind a single last one. `step` is pixel_bytes.
 */

#define STORE_FIRST_BYTE(value, at) "strb " value ", [" at "]\n"
#define STORE_SECOND_BYTE(condition, value, at, step) "strb" condition " " value ", [" at ", " step "]\n"
#define NEXT_TWO_BYTES(at, step) "add " at ", " at ", " step ", lsl #1\n"

#define STORE_FIRST_HALF(value, at) "strh " value ", [" at "]\n"
#define STORE_SECOND_HALF(condition, value, at, step) "strh" condition " " value ", [" at ", #4]\n"
#define NEXT_TWO_HALVES(at, step) "add " at ", " step "\n"

#endif
