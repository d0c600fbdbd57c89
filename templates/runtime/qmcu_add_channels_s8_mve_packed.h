/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ADD_CHANNELS_S8_MVE_PACKED_H
#define QMCU_ADD_CHANNELS_S8_MVE_PACKED_H

#include "qmcu_add_channels_s8_mve.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_add_channels_s8_mve)

#ifdef __cplusplus
}
#endif

#endif
