/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_3X3_S8_MVE_PACKED_H
#define QMCU_DEPTHWISE_3X3_S8_MVE_PACKED_H

#include "qmcu_depthwise_3x3_s8_mve.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_depthwise_3x3_s8_mve)

#ifdef __cplusplus
}
#endif

#endif
