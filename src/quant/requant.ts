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
      const largest = scales.reduce((a, b) => Math.max(a, b), 0);
      if (largest >= SINGLE_SCALE_LIMIT) return null;
      const shift = singleShift(largest, 2 ** 31);
      // A product with a power of two is exact, so this rounds once.
      return {
        rounding,
        multiplier: Int32Array.from(scales, (scale) => Math.round(scale * 2 ** (32 + shift))),
        shift,
      };
    }
  }
}

/** The largest shift with which round(scale · 2^(32 + shift)) stays below `limit`. */
function singleShift(scale: number, limit: number): number {
  let shift = MAX_SINGLE_SHIFT;
  while (shift > 1 && Math.round(scale * 2 ** (32 + shift)) >= limit) shift--;
  return shift;
}
