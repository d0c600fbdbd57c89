import { integerRange, type Affine, type MapBits } from '../ir/quantization.ts';
import { clamp } from '../util/math.ts';
import { roundHalfAwayFromZero } from '../util/fixed-point.ts';
import type { Histogram } from './histogram-bins.ts';
import type { TensorStatistics } from './histogram.ts';

/** The real values that a feature map's integers span; lo ≤ 0 ≤ hi. */
export interface RealRange {
  readonly lo: number;
  readonly hi: number;
}

/** What a range is chosen by. */
export type ObservedValues = Pick<TensorStatistics, 'min' | 'max' | 'histogram'>;

/** Of a map with a scale for each channel, none is smaller than this share of the largest. */
const SMALLEST_CHANNEL_SHARE = 2 ** -8;

/** Below this a scale would leave the range of the fixed-point multipliers; such a map is all but constant. */
const SMALLEST_SCALE = 2 ** -24;

/** Fractions of (lo, hi) that are tried together: 1 … 0.5 where 8 bits are to cover them, 1 … 0.15 below. */
const JOINT_FRACTIONS = Array.from({ length: 15 }, (_, i) => 1 - (0.5 * i) / 14);
const NARROW_FRACTIONS = Array.from({ length: 35 }, (_, i) => 1 - (0.85 * i) / 34);
/** Factors of one side alone that are tried on maps of both signs: 0.4 … 1.6. */
const SIDE_FACTORS = Array.from({ length: 25 }, (_, i) => 0.4 + 0.05 * i);

/**
 * The affine parameters that span a range with zero exactly representable. The scale is a float32 value, since that is
 * what the generated headers and model files state.
 */
export function affineOfRange({ lo, hi }: RealRange, bits: MapBits = 8): Affine {
  const { min, max } = integerRange(bits);
  const scale = Math.fround(Math.max((hi - lo) / (max - min), SMALLEST_SCALE));
  return affine(scale, clamp(roundHalfAwayFromZero(min - lo / scale), min, max), bits);
}

/** Affine parameters with one scale and zero point for the whole map. */
export function affine(scale: number, zeroPoint: number, bits: MapBits = 8): Affine {
  return { bits, scale: Float64Array.of(scale), zeroPoint: Int32Array.of(zeroPoint) };
}

/** The affine parameters with a scale and zero point for each channel that span its range. */
export function affineOfChannelRanges(ranges: readonly RealRange[], bits: MapBits): Affine {
  const widest = Math.max(...ranges.map(({ lo, hi }) => hi - lo));
  const channels = ranges.map(({ lo, hi }) =>
    affineOfRange({ lo, hi: Math.max(hi, lo + widest * SMALLEST_CHANNEL_SHARE) }, bits),
  );
  return {
    bits,
    scale: Float64Array.from(channels, ({ scale }) => scale[0]!),
    zeroPoint: Int32Array.from(channels, ({ zeroPoint }) => zeroPoint[0]!),
  };
}

/**
 * The range of least mean squared quantization error over all calibration values: first the observed one narrowed by
 * common fractions, then, for maps of both signs, each side by itself.
 */
export function leastErrorRange(statistics: ObservedValues, bits: MapBits = 8): RealRange {
  const observed = { lo: Math.min(0, statistics.min), hi: Math.max(0, statistics.max) };
  const error = (range: RealRange): number => squaredError(statistics.histogram, affineOfRange(range, bits));
  const best = (candidates: readonly RealRange[]): RealRange =>
    candidates
      .map((range) => ({ range, error: error(range) }))
      .reduce((least, next) => (next.error < least.error ? next : least)).range;

  const fractions = bits === 8 ? JOINT_FRACTIONS : NARROW_FRACTIONS;
  const joint = best(fractions.map((f) => ({ lo: observed.lo * f, hi: observed.hi * f })));
  if (observed.lo === 0 || observed.hi === 0) return joint;
  const low = best([joint, ...SIDE_FACTORS.map((f) => ({ lo: joint.lo * f, hi: joint.hi }))]);
  return best([low, ...SIDE_FACTORS.map((f) => ({ lo: low.lo, hi: low.hi * f }))]);
}

/** Sum of squared quantization errors, the values of a bin taken at its centre. */
function squaredError({ binWidth, counts }: Histogram, { scale, zeroPoint, bits }: Affine): number {
  const { min, max } = integerRange(bits);
  const step = scale[0]!;
  const zero = zeroPoint[0]!;
  const half = counts.length / 2;
  let total = 0;
  for (let i = 0; i < counts.length; i++) {
    const count = counts[i]!;
    if (count === 0) continue;
    const value = (i + 0.5 - half) * binWidth;
    const q = clamp(Math.round(value / step) + zero, min, max);
    const difference = value - step * (q - zero);
    total += count * difference * difference;
  }
  return total;
}
