/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_POINTWISE_WN_MVE_PACKED_H
#define QMCU_POINTWISE_WN_MVE_PACKED_H

#include "qmcu_pointwise_wn_mve.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_pointwise_wn_mve)

#ifdef __cplusplus
}
#endif

#endif
