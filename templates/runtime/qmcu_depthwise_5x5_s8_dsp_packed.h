/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_5X5_S8_DSP_PACKED_H
#define QMCU_DEPTHWISE_5X5_S8_DSP_PACKED_H

#include "qmcu_depthwise_s8_dsp.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_depthwise_5x5_s8_dsp)

#ifdef __cplusplus
}
#endif

#endif
