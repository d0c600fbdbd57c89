import type { QuantWeights } from '../../ir/quant-model.ts';
import type { Requant } from '../../ir/quantization.ts';
import { multiplyByQuantizedMultiplier } from '../../util/fixed-point.ts';
import { clamp } from '../../util/math.ts';
import type { WeightsOfChannel } from '../weighted-sum.ts';

type TwoRoundings = Extract<Requant, { readonly rounding: 'tflite' }>;

interface WeightedSum {
  readonly weights: QuantWeights;
  readonly requant: Requant;
}

/** Largest shift to the right at which the output zero point, raised to the accumulator's scale, stays within 32 bits. */
const MAX_SHIFT = 22;
const LARGEST_INPUT = 255;
const FAR_OUTSIDE = 1024;

/**
 * The layer in a form that SMMLAR requantizes in one instruction, with the same outputs; null where there is none. With one
 * rounding there is no shift, so multipliers must be whole multiples of what it divides by. `weightsOf` lists the weights of a
 * channel.
 */
export function fitDirectRequant<L extends WeightedSum>(layer: L, weightsOf: WeightsOfChannel): L | null {
  const fitted = fitDspRequant(layer, weightsOf);
  if (fitted === null || fitted.requant.rounding === 'tflite') return fitted;
  const { multiplier, shift } = fitted.requant;
  if (multiplier.some((value) => value % 2 ** shift !== 0)) return null;
  const direct = { ...fitted.requant, multiplier: multiplier.map((value) => value >> shift), shift: 0 };
  return { ...fitted, requant: direct };
}

/**
 * The layer in the form that fast kernels compute, with the same outputs; null where there is none. Two roundings are done by
 * SMMLAR or its like, which takes the doubled accumulator and a shift to the right by at least 1. A channel whose outputs are
 * all the same is a constant: whatever its multiplier, one that fits takes its place. `weightsOf` lists the weights of a
 * channel.
 */
export function fitDspRequant<L extends WeightedSum>(layer: L, weightsOf: WeightsOfChannel): L | null {
  const { weights, requant } = layer;
  if (requant.rounding === 'single') return layer;
  const channels = weights.bias.length;
  const bias = weights.bias.slice();
  const multiplier = Int32Array.from(bias, (_, c) => valueAt(requant.multiplier, c));
  const shift = Int32Array.from(bias, (_, c) => valueAt(requant.shift, c));
  for (let c = 0; c < channels; c++) {
    let magnitude = 0;
    for (const [index] of weightsOf(c)) magnitude += Math.abs(weights.data[index]! - weights.zeroPoint);
    const fits = shift[c]! <= -1 && shift[c]! >= -MAX_SHIFT;
    const largest = Math.abs(bias[c]!) + LARGEST_INPUT * magnitude;
    if (multiplier[c] === 0 || (shift[c]! < 0 && largest < 2 ** (-shift[c]! - 1))) {
      // All sums are rounded to zero.
      multiplier[c] = 0;
      shift[c] = -1;
    } else if (magnitude === 0 && !fits) {
      // 2^30 / 2^31 and a shift by 1 divide by 4; far beyond the output's range, the value no longer matters.
      const value = multiplyByQuantizedMultiplier(bias[c]!, multiplier[c]!, shift[c]!);
      bias[c] = 4 * clamp(value, -FAR_OUTSIDE, FAR_OUTSIDE);
      multiplier[c] = 2 ** 30;
      shift[c] = -1;
    } else if (!fits || largest >= 2 ** 30) {
      return null;
    }
  }
  const fitted: TwoRoundings = { rounding: 'tflite', multiplier, shift };
  return { ...layer, weights: { ...weights, bias }, requant: fitted };
}

/** Entry `channel` of values of which one may stand for all. */
function valueAt(values: Int32Array, channel: number): number {
  return values[values.length === 1 ? 0 : channel]!;
}
