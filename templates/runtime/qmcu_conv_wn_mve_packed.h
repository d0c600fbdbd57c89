/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CONV_WN_MVE_PACKED_H
#define QMCU_CONV_WN_MVE_PACKED_H

#include "qmcu_conv_wn_mve.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_conv_wn_mve)

#ifdef __cplusplus
}
#endif

#endif
