import { integerRange, type Affine } from '../../ir/quantization.ts';

/**
 * What is left of real values, channels innermost, once they were stored: scale · (q − zero point) with q rounded, halves
 * up, and kept in range.
 */
export function fakeQuantize(values: Float32Array, { bits, scale, zeroPoint }: Affine): Float32Array {
  const { min, max } = integerRange(bits);
  const channels = scale.length;
  const perUnit = scale.map((step) => 1 / step);
  const lowest = Float64Array.from(zeroPoint, (zero) => min - zero);
  const highest = Float64Array.from(zeroPoint, (zero) => max - zero);
  const stored = new Float32Array(values.length);
  for (let i = 0, c = 0; i < values.length; i++) {
    // Adding 0 makes a 0 of −0.
    const steps = Math.round(values[i]! * perUnit[c]!) + 0;
    const kept = steps < lowest[c]! ? lowest[c]! : steps > highest[c]! ? highest[c]! : steps;
    stored[i] = kept * scale[c]!;
    if (++c === channels) c = 0;
  }
  return stored;
}
