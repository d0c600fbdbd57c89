/* SPDX-License-Identifier: 0BSD */
#ifndef QMCU_CMSIS_NN_H
#define QMCU_CMSIS_NN_H

#include <stdint.h>

#include <arm_nnfunctions.h>

#include "../qmcu_map.h"

/*
 * Layers on Arm's CMSIS-NN, whose functions take contiguous tensors: a map that is kept whole, or a part of one (see
 * qmcu_cmsis_nn_part.h). The library is the caller's; its includes are on the path.
 *
 * QMCU_CMSIS_NN_REFUSED is what happens where the library refuses a call or would want more scratch than it was given, which
 * is a mistake in generated code: the default halts.
 */
#ifndef QMCU_CMSIS_NN_REFUSED
#define QMCU_CMSIS_NN_REFUSED()                                                                                        \
    do {                                                                                                               \
    } while (1)
#endif

static inline void qmcu_cmsis_nn_expect(int holds)
{
    if (!holds) {
        QMCU_CMSIS_NN_REFUSED();
    }
}

/* Working memory in the arena that the library asks for in the calls of a layer. */
typedef struct {
    uint32_t offset;
    uint32_t least; /* bytes, in the call that asks for the fewest */
    uint32_t bytes; /* and for the most */
} qmcu_cmsis_nn_scratch;

/* Whether the bytes that the library says it needs are what was reckoned with. */
static inline int qmcu_cmsis_nn_foresees(const qmcu_cmsis_nn_scratch *scratch, int32_t bytes)
{
    return bytes >= (int32_t)scratch->least && bytes <= (int32_t)scratch->bytes;
}

static inline cmsis_nn_context qmcu_cmsis_nn_context(const qmcu_cmsis_nn_scratch *scratch, const qmcu_arena *arena)
{
    cmsis_nn_context context = {scratch->bytes == 0 ? NULL : qmcu_at(arena, scratch->offset), (int32_t)scratch->bytes};
    return context;
}

static inline cmsis_nn_dims qmcu_cmsis_nn_dims(const qmcu_map *map)
{
    cmsis_nn_dims dims = {1, map->height, map->width, map->channels};
    return dims;
}

static inline int8_t *qmcu_cmsis_nn_data(const qmcu_map *map, const qmcu_arena *arena)
{
    return (int8_t *)qmcu_at(arena, map->offset);
}

/* What a sum of products is made of and becomes. The library's pointers to these lack a const; it writes none of them. */
typedef struct {
    const int8_t *weights;
    const int32_t *bias;
    const int32_t *multiplier; /* one an output channel */
    const int32_t *shift;
    int32_t input_offset;
    int32_t output_offset;
    int32_t min;
    int32_t max;
} qmcu_cmsis_nn_sum;

#endif
