/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_ARGMAX_S8_PACKED_H
#define QMCU_ARGMAX_S8_PACKED_H

#include "qmcu_argmax_s8.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_argmax_s8)

#ifdef __cplusplus
}
#endif

#endif
