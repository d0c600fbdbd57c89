/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DEPTHWISE_WN_PACKED_H
#define QMCU_DEPTHWISE_WN_PACKED_H

#include "qmcu_depthwise_wn.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_depthwise_wn)

#ifdef __cplusplus
}
#endif

#endif
