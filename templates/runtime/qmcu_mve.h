/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_MVE_H
#define QMCU_MVE_H

/* The vector extension of Armv8.1-M (Helium). Every function that uses it has a twin in C for all other processors. */

#include <stdint.h>

#if defined(__ARM_FEATURE_MVE) && !defined(QMCU_NO_MVE)
#define QMCU_MVE 1
#include <arm_mve.h>
#else
#define QMCU_MVE 0
#endif

#endif
