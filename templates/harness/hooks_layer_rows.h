/* Included ahead of every source of the model: hands every finished stretch of output rows to the harness. */
#ifndef HARNESS_HOOKS_H
#define HARNESS_HOOKS_H

#include <stdint.h>

/* Rows y0 … y1 − 1, columns x0 … x1 − 1 of a layer's output, as one record of layers.bin holds them. */
typedef struct {
  uint32_t layer;
  uint32_t y0, y1;
  uint32_t x0, x1;
} harness_stretch;

/* Row y of the stretch stands at row0 + (y − y0) · row_stride_bytes. */
void harness_rows_done(harness_stretch stretch, const void *row0, uint32_t row_stride_bytes, uint32_t row_bytes);

#define QMCU_ROWS_DONE(layer, y0, y1, x0, x1, row0, row_stride_bytes, row_bytes)                                     \
  harness_rows_done((harness_stretch){(uint32_t)(layer), (uint32_t)(y0), (uint32_t)(y1), (uint32_t)(x0),            \
                                      (uint32_t)(x1)},                                                              \
                    (row0), (uint32_t)(row_stride_bytes), (uint32_t)(row_bytes))

#endif
