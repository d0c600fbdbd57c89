import { assert } from '../util/never.ts';

/** Width of a stored feature map. */
export type MapBits = 8 | 4 | 2;

/** What the integers of a feature map mean: real = scale · (q − zeroPoint). */
export interface Affine {
  readonly bits: MapBits;
  /** One scale for the map, or one for each channel. */
  readonly scale: Float64Array;
  /** As long as `scale`; each within the range of `bits`. */
  readonly zeroPoint: Int32Array;
}

/** Whether the same integers mean the same values under both. */
export function sameAffine(a: Affine, b: Affine): boolean {
  return (
    a.bits === b.bits &&
    a.scale.length === b.scale.length &&
    a.scale.every((scale, index) => scale === b.scale[index]) &&
    a.zeroPoint.every((zeroPoint, index) => zeroPoint === b.zeroPoint[index])
  );
}

/** What the integers of one channel mean. */
export function channelAffine({ bits, scale, zeroPoint }: Affine, channel: number): Affine {
  const index = scale.length === 1 ? 0 : channel;
  return { bits, scale: scale.slice(index, index + 1), zeroPoint: zeroPoint.slice(index, index + 1) };
}

export function isPerChannel({ scale }: Affine): boolean {
  return scale.length > 1;
}

/** Smallest and largest stored value: int8 for 8 bits, unsigned for 4 and 2 bits (NUMERICS.md). */
export function integerRange(bits: MapBits): { readonly min: number; readonly max: number } {
  return bits === 8 ? { min: -128, max: 127 } : { min: 0, max: 2 ** bits - 1 };
}

/** The real values between which the integers of a map with one scale lie. */
export function representableRange({ bits, scale, zeroPoint }: Affine): {
  readonly min: number;
  readonly max: number;
} {
  assert(scale.length === 1, 'a map with several scales has several ranges');
  const { min, max } = integerRange(bits);
  return { min: scale[0]! * (min - zeroPoint[0]!), max: scale[0]! * (max - zeroPoint[0]!) };
}

/** Rounding of requantization for the whole model (NUMERICS.md). */
export type Rounding = 'tflite' | 'single';

/**
 * How an int32 accumulator becomes an output value, before the output zero point is added.
 *
 * `tflite`: y = roundingRightShift(saturatingDoublingHighMul(acc · 2^max(shift,0), multiplier), max(−shift,0)), ties away from
 * zero in the second step; `multiplier` is Q31 in [2^30, 2^31) or 0, `shift` its power of two, one for each channel.
 *
 * `single`: y = ((acc · multiplier >> 32) + 2^(shift−1)) >> shift, ties towards +∞, with one `shift` in 1…22 for the layer.
 */
export type Requant =
  | { readonly rounding: 'tflite'; readonly multiplier: Int32Array; readonly shift: Int32Array }
  | { readonly rounding: 'single'; readonly multiplier: Int32Array; readonly shift: number };
