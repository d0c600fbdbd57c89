/* Included ahead of every source of the model: hands every decision on the class of a patch to the harness. */
#ifndef HARNESS_HOOKS_H
#define HARNESS_HOOKS_H

#include <stdbool.h>
#include <stdint.h>

void harness_patch_class(uint32_t patch, bool is_outlier);

#define QMCU_PATCH_CLASS(patch, is_outlier) harness_patch_class((uint32_t)(patch), (is_outlier))

#endif
