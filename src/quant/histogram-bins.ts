import { assert } from '../util/never.ts';

/**
 * How often values fall where. Of n bins, bin i holds binWidth·(i − n/2) … binWidth·(i + 1 − n/2); the width is a power of two,
 * so histograms of different widths merge exactly. Exact zeros, which quantize without error, are counted apart.
 */
export interface Histogram {
  readonly binWidth: number;
  readonly counts: Float64Array;
  readonly zeros: number;
}

/** The smallest power of two with which `bins` bins cover min … max; 0 where there is nothing but zeros. */
export function coveringBinWidth(min: number, max: number, bins: number): number {
  const magnitude = Math.max(-min, max);
  assert(Number.isFinite(magnitude), 'a tensor has values that are not finite');
  if (magnitude <= 0) return 0;
  const half = bins / 2;
  let width = 2 ** Math.floor(Math.log2(magnitude / half));
  while (width * half <= magnitude) width *= 2;
  return width;
}

/** The counts in bins of another width. */
export function widenBins(counts: Float64Array, from: number, to: number): Float64Array {
  if (from === to || from === 0) return counts;
  const ratio = to / from;
  const half = counts.length / 2;
  const widened = new Float64Array(counts.length);
  counts.forEach((count, i) => (widened[Math.floor((i - half) / ratio) + half]! += count));
  return widened;
}

/** One histogram of all values of several of as many bins. */
export function mergeHistograms(histograms: readonly Histogram[]): Histogram {
  const binWidth = Math.max(...histograms.map((histogram) => histogram.binWidth));
  const merged = new Float64Array(histograms[0]?.counts.length ?? 0);
  let zeros = 0;
  for (const histogram of histograms) {
    widenBins(histogram.counts, histogram.binWidth, binWidth).forEach((count, i) => (merged[i]! += count));
    zeros += histogram.zeros;
  }
  return { binWidth, counts: merged, zeros };
}
