/* SPDX-License-Identifier: 0BSD */
#include "qmcu_classify_s8.h"

bool qmcu_classify_s8(const qmcu_classifier_s8 *classifier, const qmcu_arena *arena, const qmcu_patch *patch)
{
    uint32_t missing = patch->outlier_count;
    for (int32_t y = patch->y0; y < patch->y1; y++) {
        const int8_t *pixel = qmcu_pixel(&classifier->map, arena, y, patch->x0, 0);
        for (int32_t x = patch->x0; x < patch->x1; x++) {
            for (int32_t c = 0; c < classifier->map.channels; c++) {
                if (pixel[c] < classifier->low[c] || pixel[c] > classifier->high[c]) {
                    if (missing <= 1) {
                        return true;
                    }
                    missing--;
                }
            }
            pixel += classifier->map.channels;
        }
    }
    return false;
}
