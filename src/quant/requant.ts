import type { Requant, Rounding } from '../ir/quantization.ts';
import { quantizeMultiplier } from '../util/fixed-point.ts';

/** Shifts that `single` requantization takes (src/ir/quantization.ts). */
const MAX_SINGLE_SHIFT = 22;

/**
 * Scales at or above this have no `single` form: multiplier / 2^(32 + shift) with a multiplier below 2^31 and a shift of
 * at least 1 stays below 1/4.
 */
export const SINGLE_SCALE_LIMIT = 0.25 - 2 ** -32;

/**
 * The integer form of multiplying accumulators by a scale, one for each output channel; null where the mode cannot
 * express it.
 */
export function requantOf(scales: Float64Array, rounding: Rounding): Requant | null {
  switch (rounding) {
    case 'tflite': {
      const parts = Array.from(scales, quantizeMultiplier);
      // A left shift beyond this leaves no room for an accumulator.
      if (parts.some(({ shift }) => shift > 30)) return null;
      return {
        rounding,
        multiplier: Int32Array.from(parts, (part) => part.multiplier),
        shift: Int32Array.from(parts, (part) => part.shift),
      };
    }
    case 'single': {
      if (exceedsSingle(scales)) return null;
      // Whole multiples of 2^-32 of the accumulator: the sum's high word then needs no shift, only to be rounded.
      const multiplier = Int32Array.from(scales, (scale) => 2 * Math.round(scale * 2 ** 32));
      return { rounding, multiplier, shift: 1 };
    }
  }
}

/** As `single`, with 31 bits of the largest scale. */
export function fineSingleRequant(scales: Float64Array): Requant | null {
  if (exceedsSingle(scales)) return null;
  const largest = scales.reduce((a, b) => Math.max(a, b), 0);
  const shift = singleShift(largest, 2 ** 31);
  // A product with a power of two is exact, so this rounds once.
  const multiplier = Int32Array.from(scales, (scale) => Math.round(scale * 2 ** (32 + shift)));
  return { rounding: 'single', multiplier, shift };
}

function exceedsSingle(scales: Float64Array): boolean {
  return scales.some((scale) => scale >= SINGLE_SCALE_LIMIT);
}

/** The largest shift with which round(scale · 2^(32 + shift)) stays below `limit`. */
function singleShift(scale: number, limit: number): number {
  let shift = MAX_SINGLE_SHIFT;
  while (shift > 1 && Math.round(scale * 2 ** (32 + shift)) >= limit) shift--;
  return shift;
}
