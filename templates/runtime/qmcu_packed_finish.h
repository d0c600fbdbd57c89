/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_PACKED_FINISH_H
#define QMCU_PACKED_FINISH_H

#include "qmcu_byte_limits.h"
#include "qmcu_packed.h"

#ifdef __cplusplus
extern "C" {
#endif

/* What turns a value that a kernel has written into one that is stored. */
typedef struct {
    const qmcu_packed_maps *maps;
    qmcu_byte_limits limits;
} qmcu_finish;

#ifdef __cplusplus
}
#endif

#endif
