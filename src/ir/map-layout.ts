import type { MapShape } from './geometry.ts';

/**
 * How the values of a row of a map lie in memory. `values`: packed column by column (util/packed-columns.ts). `pairs`: what a
 * depthwise layer hands a pointwise one, which multiplies it as it stands: the pixels of 8 bits two by two, each value in 16 bits, four
 * channels together in the order 0, 2, 1, 3 (`templates/runtime/qmcu_pairs_dsp.h`).
 */
export type MapLayout = 'values' | 'pairs';

const CHANNELS_TOGETHER = 4;
/** Of four channels of two pixels. */
const GROUP_BYTES = 16;

/** Bytes of a row of pairs: whole pairs of pixels, of whole groups of channels. */
export function pairedRowBytes({ w, c }: MapShape): number {
  return Math.ceil(w / 2) * Math.ceil(c / CHANNELS_TOGETHER) * GROUP_BYTES;
}

/** The values of a row of pairs, (columns, channels), one byte a value. */
export function valuesOfPairs(row: Uint8Array, { w, c }: MapShape): Uint8Array {
  const pairBytes = Math.ceil(c / CHANNELS_TOGETHER) * GROUP_BYTES;
  const values = new Uint8Array(w * c);
  for (let x = 0; x < w; x++) {
    const pixel = Math.floor(x / 2) * pairBytes + (x % 2) * 4;
    for (let channel = 0; channel < c; channel++) {
      const group = Math.floor(channel / CHANNELS_TOGETHER) * GROUP_BYTES;
      values[x * c + channel] = row[pixel + group + (channel % 2) * 8 + (channel & 2)]!;
    }
  }
  return values;
}
