/*
 * What a build of the harness measures. One of mode_plain.c, mode_layer_counts.c and mode_layer_rows.c is linked:
 *
 *   plain         ticks of each whole inference, and the classes of its patches; no hooks but the one that tells them
 *   layer-counts  ticks of each layer, summed over all inferences
 *   layer-rows    every output row of every layer, written to layers.bin
 */
#ifndef HARNESS_MODE_H
#define HARNESS_MODE_H

#include <stdint.h>

void mode_start(void);
void mode_begin_inference(uint32_t inference);
void mode_end_inference(uint32_t inference, uint64_t ticks);

/* Adds the mode's fields to the result line. */
void mode_report(void);

#endif
