/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_A4_DSP_PACKED_H
#define QMCU_CONV_A4_DSP_PACKED_H

#include "qmcu_conv_a4_dsp.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_conv_a4_dsp)

#ifdef __cplusplus
}
#endif

#endif
