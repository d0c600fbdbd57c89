import { integerRange, type Affine } from '../ir/quantization.ts';
import type { Histogram } from '../quant/histogram-bins.ts';
import { clamp } from '../util/math.ts';

/**
 * Shannon entropy in bits of the integers that values of `histogram` become under an affine with one scale; the values of
 * a bin are taken at its centre.
 */
export function quantizedEntropy(
  { binWidth, counts, zeros }: Histogram,
  { scale, zeroPoint, bits }: Affine,
): number {
  const { min, max } = integerRange(bits);
  const step = scale[0]!;
  const zero = zeroPoint[0]!;
  const frequencies = new Float64Array(max - min + 1);
  frequencies[zero - min]! += zeros;
  const half = counts.length / 2;
  counts.forEach((count, i) => {
    if (count === 0) return;
    const q = clamp(Math.round(((i + 0.5 - half) * binWidth) / step) + zero, min, max);
    frequencies[q - min]! += count;
  });
  return entropy(frequencies);
}

/** −Σ p·log₂ p over the shares that `frequencies` have of their sum; 0 of nothing. */
export function entropy(frequencies: Float64Array): number {
  const total = frequencies.reduce((a, b) => a + b, 0);
  return frequencies.reduce(
    (bits, count) => (count === 0 ? bits : bits - (count / total) * Math.log2(count / total)),
    0,
  );
}
