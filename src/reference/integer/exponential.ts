import type { QuantSoftmax } from '../../ir/quant-model.ts';
import { INT32_MAX, INT32_MIN, roundingDivideByPOT } from '../../util/fixed-point.ts';
import { saturatingRoundingDoublingHighMul as multiply } from '../../util/fixed-point.ts';
import { clamp } from '../../util/math.ts';

/**
 * gemmlowp's fixed-point functions as TFLite's softmax uses them. Qm.n below is an int32 of m integer and n fraction bits; a
 * product of two Q0.31 numbers is `multiply`.
 */

const EXP_OF_MINUS_EIGHTH = 1895147668;
const ONE_THIRD = 715827883;
const FRACTION_BITS = 26;

/** exp(−2^k) in Q0.31 for the k at which a bit of the exponent stands. */
const EXP_OF_MINUS_POWER: readonly (readonly [power: number, value: number])[] = [
  [-2, 1672461947],
  [-1, 1302514674],
  [0, 790015084],
  [1, 290630308],
  [2, 39332535],
  [3, 720401],
  [4, 242],
];

/** exp of (q − largest) by largest − q, 0…255, in Q0.31; 0 beyond `diffMin`. */
export function exponentials(layer: QuantSoftmax): Int32Array {
  return Int32Array.from({ length: 256 }, (_, distance) =>
    -distance < layer.diffMin
      ? 0
      : expOfNegative(multiply(-distance << layer.inputLeftShift, layer.inputMultiplier)),
  );
}

/** exp(a) for a ≤ 0 in Q5.26, as Q0.31: a quarter at most by a Taylor series, the rest by a product of constants. */
function expOfNegative(a: number): number {
  if (a === 0) return INT32_MAX;
  const quarter = 1 << (FRACTION_BITS - 2);
  const part = (a & (quarter - 1)) - quarter;
  const rest = part - a;
  let result = expWithinQuarter(part << 5);
  for (const [power, value] of EXP_OF_MINUS_POWER) {
    if ((rest & (1 << (FRACTION_BITS + power))) !== 0) result = multiply(result, value);
  }
  return result;
}

/** exp(a) for −1/4 ≤ a < 0 in Q0.31: the fourth-order Taylor series about −1/8. */
function expWithinQuarter(a: number): number {
  const x = a + (1 << 28);
  const x2 = multiply(x, x);
  const x3 = multiply(x2, x);
  const x4 = multiply(x2, x2);
  const higher = roundingDivideByPOT(multiply(roundingDivideByPOT(x4, 2) + x3, ONE_THIRD) + x2, 1);
  return saturate(EXP_OF_MINUS_EIGHTH + multiply(EXP_OF_MINUS_EIGHTH, x + higher));
}

/** 1/x of a positive Q12.19 number as reciprocal (Q0.31) · 2^−exponent, by three Newton steps. */
export function reciprocalOf(x: number): { readonly reciprocal: number; readonly exponent: number } {
  const headroom = Math.clz32(x);
  const halfDenominator = 2 ** 30 + (x * 2 ** headroom - 2 ** 31) / 2;
  let guess = 1515870810 + multiply(halfDenominator, -1010580540);
  for (let step = 0; step < 3; step++) {
    const error = (1 << 29) - multiply(halfDenominator, guess);
    guess += saturate(multiply(guess, error) * 4);
  }
  return { reciprocal: saturate(guess * 2), exponent: 12 - headroom };
}

function saturate(value: number): number {
  return clamp(value, INT32_MIN, INT32_MAX);
}
