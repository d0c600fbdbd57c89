/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_BINARY_SUM_S8_PACKED_H
#define QMCU_BINARY_SUM_S8_PACKED_H

#include "qmcu_binary_sum_s8.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_binary_sum_s8)

#ifdef __cplusplus
}
#endif

#endif
