/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_DENSE_WN_PACKED_H
#define QMCU_DENSE_WN_PACKED_H

#include "qmcu_dense_wn.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

QMCU_DEFINE_PACKED(qmcu_dense_wn)

#ifdef __cplusplus
}
#endif

#endif
