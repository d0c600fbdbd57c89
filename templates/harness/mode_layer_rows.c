/*
 * layers.bin: a record for every stretch of rows, in the order in which they were computed. A record is seven
 * little-endian 32-bit numbers (inference, layer, y0, y1, x0, x1, byte count) and then its rows without gaps.
 */
#include "hooks_layer_rows.h"
#include "mode.h"
#include "platform.h"
#include "report.h"

static int32_t layers_file;
static uint32_t current_inference;

static void write_or_fail(const void *bytes, uint32_t byte_count) {
  if (platform_write(layers_file, bytes, byte_count) != 0) {
    report_failure("layers.bin cannot be written", current_inference);
  }
}

void harness_rows_done(harness_stretch stretch, const void *row0, uint32_t row_stride_bytes, uint32_t row_bytes) {
  const uint32_t row_count = stretch.y1 - stretch.y0;
  const uint32_t header[] = {current_inference, stretch.layer, stretch.y0, stretch.y1,
                             stretch.x0,        stretch.x1,    row_count * row_bytes};
  write_or_fail(header, sizeof header);

  const uint8_t *row = row0;
  if (row_stride_bytes == row_bytes) {
    write_or_fail(row, row_count * row_bytes);
    return;
  }
  for (uint32_t i = 0; i < row_count; i++) {
    write_or_fail(row, row_bytes);
    row += row_stride_bytes;
  }
}

void mode_start(void) {
  layers_file = platform_open_to_write("layers.bin");
  if (layers_file == PLATFORM_NO_FILE) report_failure("layers.bin cannot be written", 0);
}

void mode_begin_inference(uint32_t inference) { current_inference = inference; }

void mode_end_inference(uint32_t inference, uint64_t ticks) {
  (void)inference;
  (void)ticks;
}

void mode_report(void) { platform_close(layers_file); }
