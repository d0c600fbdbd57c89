/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_RUN_DSP_H
#define QMCU_DEPTHWISE_RUN_DSP_H

#include "qmcu_depthwise_s8_dsp.h"
#include "qmcu_planes_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* Four channels, from `channel` on, of the outputs of a tile that begins at (y, x). */
typedef struct {
    int32_t y, x;
    uint32_t rows, columns;
    uint32_t channel;
} qmcu_plane_block;

/* Takes outputs whose map does not hold them as bytes, saturated to 8 bits. */
typedef struct qmcu_plane_sink {
    int8_t *block; /* where they are written to: [rows][columns][4] */
    void (*store)(const struct qmcu_plane_sink *sink, const qmcu_arena *arena, const qmcu_rect *rect,
                  const qmcu_plane_block *block);
    const void *context;
} qmcu_plane_sink;

/* A depthwise convolution by a kernel for planes. */
void qmcu_depthwise_run(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                        const qmcu_plane_kernel *kernel);

/* The same without the limits of outputs, from planes of some width to a sink; NULL: to the map. */
void qmcu_depthwise_run_between(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                const qmcu_rect *rect,
                                const qmcu_plane_kernel *kernel, const qmcu_plane_source *source,
                                const qmcu_plane_sink *sink);

/* The same from planes of bytes to a map of pairs (qmcu_pairs_dsp.h), whole rows of it. `kernel` is one to pairs. */
void qmcu_depthwise_run_to_pairs(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                 const qmcu_rect *rect, const qmcu_plane_kernel *kernel);

/* Keeps outputs that are bytes of the map to their limits. */
void qmcu_depthwise_limit_outputs(const qmcu_depthwise_s8_dsp_layer *layer, const qmcu_arena *arena,
                                  const qmcu_rect *rect);

#ifdef __cplusplus
}
#endif

#endif
