import type { Range } from './geometry.ts';

/** How a patch is computed: by the arm that keeps 8 bits, or by the one with searched widths (VDPC). */
export type PatchClass = 'outlier' | 'regular';

/** Stored values of a map that count as ordinary, `low … high` inclusive: one pair for all channels, or one for each. */
export interface OrdinaryValues {
  readonly low: Int8Array;
  readonly high: Int8Array;
}

/** Rows and columns of a map. */
export interface MapArea {
  readonly rows: Range;
  readonly columns: Range;
}

/**
 * Values of an 8-bit map within `area` that are not ordinary. `pixelAt(y, x)` is the index into `values` of the first of
 * the `channels` values of a pixel.
 */
export function countOutliers(
  values: Int8Array,
  pixelAt: (y: number, x: number) => number,
  channels: number,
  { low, high }: OrdinaryValues,
  { rows, columns }: MapArea,
): number {
  let count = 0;
  for (let y = rows.from; y < rows.to; y++) {
    for (let x = columns.from; x < columns.to; x++) {
      const pixel = pixelAt(y, x);
      for (let c = 0; c < channels; c++) {
        const value = values[pixel + c]!;
        if (value < low[c % low.length]! || value > high[c % high.length]!) count++;
      }
    }
  }
  return count;
}

/** Values in an area of a map with `channels` channels. */
export function valuesInArea({ rows, columns }: MapArea, channels: number): number {
  return (rows.to - rows.from) * (columns.to - columns.from) * channels;
}
