/**
 * The integer arithmetic of requantization, equal bit for bit to the C runtime. Products of two int32 values need up to
 * 63 bits, which a double does not hold; splitting one factor at 16 bits keeps every step exact (below 2^48).
 */

import { assert } from './never.ts';

const TWO_15 = 2 ** 15;
const TWO_16 = 2 ** 16;
const TWO_30 = 2 ** 30;
const TWO_31 = 2 ** 31;

export const INT32_MIN = -TWO_31;
export const INT32_MAX = TWO_31 - 1;

/** floor(a · b / 2^32): the high word of the product of two int32 values (Arm's SMMUL). */
export function multiplyHigh(a: number, b: number): number {
  return Math.floor((a * (b >> 16) + Math.floor((a * (b & 0xffff)) / TWO_16)) / TWO_16) | 0;
}

/**
 * 2 · a · b / 2^32 rounded to the nearest integer, halves towards +∞, for int32 a and b; the one overflow, both
 * −2^31, gives 2^31 − 1 (gemmlowp's SaturatingRoundingDoublingHighMul).
 */
export function saturatingRoundingDoublingHighMul(a: number, b: number): number {
  if (a === INT32_MIN && b === INT32_MIN) return INT32_MAX;
  return Math.floor((a * (b >> 16) + Math.floor((a * (b & 0xffff) + TWO_30) / TWO_16)) / TWO_15) | 0;
}

/** x / 2^exponent rounded to the nearest integer, halves away from zero; exponent 0…31 (gemmlowp's RoundingDivideByPOT). */
export function roundingDivideByPOT(x: number, exponent: number): number {
  const mask = (1 << exponent) - 1;
  const threshold = (mask >> 1) + (x < 0 ? 1 : 0);
  return (x >> exponent) + ((x & mask) > threshold ? 1 : 0);
}

/**
 * x · multiplier / 2^31 · 2^shift in the two rounding steps of TFLite's reference kernels; int32 x with
 * |x · 2^shift| < 2^31 for a positive shift, Q31 multiplier, shift −31…30.
 */
export function multiplyByQuantizedMultiplier(x: number, multiplier: number, shift: number): number {
  return shift > 0
    ? saturatingRoundingDoublingHighMul(x << shift, multiplier)
    : roundingDivideByPOT(saturatingRoundingDoublingHighMul(x, multiplier), -shift);
}

/** x · multiplier / 2^(32 + shift) in one rounding step, halves towards +∞; int32 x and multiplier, shift 1…31. */
export function multiplyWithSingleRounding(x: number, multiplier: number, shift: number): number {
  return (multiplyHigh(x, multiplier) + (1 << (shift - 1))) >> shift;
}

/** x rounded to the nearest integer, halves away from zero (C's round, without its negative zero). */
export function roundHalfAwayFromZero(x: number): number {
  const magnitude = Math.abs(x);
  const whole = Math.floor(magnitude);
  const rounded = magnitude - whole >= 0.5 ? whole + 1 : whole;
  return x < 0 ? 0 - rounded : rounded;
}

/** A positive finite x as fraction · 2^exponent with the fraction in [0.5, 1) (C's frexp); zero is 0 · 2^0. */
export function splitFloat(x: number): { readonly fraction: number; readonly exponent: number } {
  assert(x >= 0 && Number.isFinite(x), 'splitFloat takes finite values of at least zero');
  if (x === 0) return { fraction: 0, exponent: 0 };
  let exponent = Math.floor(Math.log2(x)) + 1;
  // Scaling in two steps keeps 2^−exponent finite for the smallest subnormals; both are exact.
  const half = Math.trunc(exponent / 2);
  let fraction = x * 2 ** -half * 2 ** (half - exponent);
  // Math.log2 may be off by one near a power of two.
  if (fraction >= 1) {
    fraction /= 2;
    exponent += 1;
  } else if (fraction < 0.5) {
    fraction *= 2;
    exponent -= 1;
  }
  return { fraction, exponent };
}

/** A Q31 multiplier and the power of two that goes with it: real = multiplier / 2^31 · 2^shift. */
export interface QuantizedMultiplier {
  /** In [2^30, 2^31), or 0. */
  readonly multiplier: number;
  readonly shift: number;
}

/** TFLite's QuantizeMultiplier: the nearest Q31 fraction of a scale ≥ 0; below 2^−32 it is zero. */
export function quantizeMultiplier(scale: number): QuantizedMultiplier {
  const { fraction, exponent } = splitFloat(scale);
  const rounded = roundHalfAwayFromZero(fraction * TWO_31);
  const carries = rounded === TWO_31;
  const shift = carries ? exponent + 1 : exponent;
  if (shift < -31) return { multiplier: 0, shift: 0 };
  return { multiplier: carries ? TWO_30 : rounded, shift };
}
