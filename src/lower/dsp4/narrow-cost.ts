import type { MapShape } from '../../ir/geometry.ts';
import { ceilDiv } from '../../util/math.ts';

/** A convolution as both of its kernels see it. */
export interface NarrowWork {
  /** Of the output. */
  readonly shape: MapShape;
  /** Of a window. */
  readonly values: number;
  /** Into which the values are cut, on average (segments.ts). */
  readonly segments: number;
  readonly weightBits: number;
  /** For which weights are expanded once. */
  readonly chunkPixels: number;
}

/**
 * Instructions, as counted on networks. Of qmcu_conv_a4_dsp: of a tile of four pixels by four channels for each value, for each
 * segment but the first, for what is left of it, and for what pixels or channels that are missing cost more; of four pixels for
 * laying them out.
 */
const NARROW = {
  value: 6,
  segment: 70,
  tile: 153,
  missingPixel: 60,
  missingChannel: 300,
  pixels: 80,
  layOut: 6.5,
};
/** Of the 8-bit kernel between packed maps: of an output for each value and for the rest, packing included, and of a value that is laid out. */
const WIDE = { value: 0.7, output: 9, layOut: 2 };
/** Of either for expanding a weight. */
const EXPANSION = {
  narrow: (bits: number): number => (bits === 8 ? 0.6 : 4),
  wide: (bits: number): number => (bits === 8 ? 0.75 : bits === 4 ? 1.5 : 3),
};

/** Whether four products with a multiplication make up for laying out pixels by pairs and sums that share a register. */
export function paysNarrow(work: NarrowWork): boolean {
  return narrowCost(work) < wideCost(work);
}

function narrowCost({ shape: { h, w, c }, values, segments, weightBits, chunkPixels }: NarrowWork): number {
  const tiles = ceilDiv(h * ceilDiv(w, 2), 2);
  const tile =
    NARROW.tile +
    NARROW.value * values +
    NARROW.segment * (segments - 1) +
    (w % 2 === 0 ? 0 : NARROW.missingPixel);
  const blocks = ceilDiv(c, 4);
  const weights = 4 * blocks * values * ceilDiv(h * w, chunkPixels);
  return (
    tiles *
      (blocks * tile + (c % 4 === 0 ? 0 : NARROW.missingChannel) + NARROW.pixels + NARROW.layOut * values) +
    weights * EXPANSION.narrow(weightBits)
  );
}

function wideCost({ shape: { h, w, c }, values, weightBits, chunkPixels }: NarrowWork): number {
  const pixels = h * w;
  const weights = c * values * ceilDiv(pixels, chunkPixels);
  return (
    pixels * (c * (WIDE.output + WIDE.value * values) + WIDE.layOut * values) +
    weights * EXPANSION.wide(weightBits)
  );
}
