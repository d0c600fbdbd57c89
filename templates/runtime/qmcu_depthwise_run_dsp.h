/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_RUN_DSP_H
#define QMCU_DEPTHWISE_RUN_DSP_H

#include "qmcu_depthwise_s8_dsp.h"
#include "qmcu_planes_dsp.h"

#ifdef __cplusplus
extern "C" {
#endif

/* A depthwise convolution by a kernel for planes. */
void qmcu_depthwise_run(const qmcu_depthwise_s8_dsp_layer *layer, uint8_t *arena, const qmcu_rect *rect,
                        const qmcu_plane_kernel *kernel);

#ifdef __cplusplus
}
#endif

#endif
