/* SPDX-License-Identifier: 0BSD */
#include "qmcu_reencode.h"

#include <string.h>

/* Four values at a time, where words may be read from any address. */
#if defined(__ARM_FEATURE_UNALIGNED)
static int32_t flip_words(const int8_t *input, int8_t *output, int32_t values)
{
    int32_t i = 0;
    for (; i + 4 <= values; i += 4) {
        uint32_t word;
        memcpy(&word, input + i, sizeof word);
        word ^= 0x80808080u;
        memcpy(output + i, &word, sizeof word);
    }
    return i;
}
#else
static int32_t flip_words(const int8_t *input, int8_t *output, int32_t values)
{
    (void)input;
    (void)output;
    (void)values;
    return 0;
}
#endif

void qmcu_reencode(const qmcu_reencode_layer *layer, const qmcu_arena *arena, const qmcu_rect *rect)
{
    const int32_t values = (rect->x1 - rect->x0) * layer->output.channels;
    for (int32_t y = rect->y0; y < rect->y1; y++) {
        const int8_t *input = qmcu_pixel(&layer->input, arena, y, rect->x0, rect->in_x[0]);
        int8_t *output = qmcu_pixel(&layer->output, arena, y, rect->x0, rect->out_x);
        for (int32_t i = flip_words(input, output, values); i < values; i++) {
            output[i] = (int8_t)(input[i] ^ -128);
        }
    }
}
