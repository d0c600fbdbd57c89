/*
 * Ticks and calls of each layer. Reading the counter costs instructions too: what an empty layer costs is measured
 * once, averaged over many calls because a tick is no whole number of instructions, and reported for subtraction.
 */
#include "harness_model.h"
#include "hooks_layer_counts.h"
#include "mode.h"
#include "platform.h"
#include "report.h"

#define CALIBRATION_CALLS 320u

static uint64_t layer_ticks[HARNESS_LAYERS];
static uint32_t layer_calls[HARNESS_LAYERS];
static uint64_t begin_ticks;
static uint64_t calibration_ticks;

void harness_layer_begin(void) { begin_ticks = platform_ticks(); }

void harness_layer_end(uint32_t layer) {
  const uint64_t end_ticks = platform_ticks();
  layer_ticks[layer] += end_ticks - begin_ticks;
  layer_calls[layer]++;
}

void mode_start(void) {
  for (uint32_t i = 0; i < CALIBRATION_CALLS; i++) {
    harness_layer_begin();
    harness_layer_end(0);
  }
  calibration_ticks = layer_ticks[0];
  layer_ticks[0] = 0;
  layer_calls[0] = 0;
}

void mode_begin_inference(uint32_t inference) { (void)inference; }

void mode_end_inference(uint32_t inference, uint64_t ticks) {
  (void)inference;
  (void)ticks;
}

void mode_report(void) {
  report_number("calibrationTicks", calibration_ticks);
  report_number("calibrationCalls", CALIBRATION_CALLS);
  report_list_begin("layerTicks");
  for (uint32_t layer = 0; layer < HARNESS_LAYERS; layer++) report_list_number(layer_ticks[layer]);
  report_list_end();
  report_list_begin("layerCalls");
  for (uint32_t layer = 0; layer < HARNESS_LAYERS; layer++) report_list_number(layer_calls[layer]);
  report_list_end();
}
