/*
 * ticks.bin: the ticks of each inference, one little-endian 64-bit number each. classes.bin, where the model decides the
 * classes of patches: one byte a patch, 1 for an outlier, inference by inference.
 */
#include "harness_model.h"
#include "hooks_patch_classes.h"
#include "mode.h"
#include "platform.h"
#include "report.h"

static int32_t ticks_file;

#ifdef HARNESS_PATCHES
static int32_t classes_file;
static uint8_t classes[HARNESS_PATCHES];

void harness_patch_class(uint32_t patch, bool is_outlier) { classes[patch] = is_outlier; }
#endif

static int32_t open_or_fail(const char *path, const char *failure) {
  const int32_t file = platform_open_to_write(path);
  if (file == PLATFORM_NO_FILE) report_failure(failure, 0);
  return file;
}

void mode_start(void) {
  ticks_file = open_or_fail("ticks.bin", "ticks.bin cannot be written");
#ifdef HARNESS_PATCHES
  classes_file = open_or_fail("classes.bin", "classes.bin cannot be written");
#endif
}

void mode_begin_inference(uint32_t inference) { (void)inference; }

void mode_end_inference(uint32_t inference, uint64_t ticks) {
  if (platform_write(ticks_file, &ticks, sizeof ticks) != 0) report_failure("ticks.bin cannot be written", inference);
#ifdef HARNESS_PATCHES
  if (platform_write(classes_file, classes, sizeof classes) != 0) {
    report_failure("classes.bin cannot be written", inference);
  }
#endif
}

void mode_report(void) {
  platform_close(ticks_file);
#ifdef HARNESS_PATCHES
  platform_close(classes_file);
  report_number("patches", HARNESS_PATCHES);
#endif
}
