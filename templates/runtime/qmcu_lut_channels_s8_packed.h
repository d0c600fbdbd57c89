/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_LUT_CHANNELS_S8_PACKED_H
#define QMCU_LUT_CHANNELS_S8_PACKED_H

#include "qmcu_lut_channels_s8.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_lut_channels_s8)

#ifdef __cplusplus
}
#endif

#endif
