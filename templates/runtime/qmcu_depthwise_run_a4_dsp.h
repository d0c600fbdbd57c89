/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_RUN_A4_DSP_H
#define QMCU_DEPTHWISE_RUN_A4_DSP_H

#include "qmcu_depthwise_a4_dsp.h"
#include "qmcu_planes_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A depthwise convolution by a kernel for planes. */
void qmcu_depthwise_run_a4(const qmcu_depthwise_a4_dsp_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect,
                           const qmcu_plane_kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
