import { evaluatePointwise, type PointwiseFunction } from '../ir/pointwise.ts';
import { channelAffine, integerRange, type Affine, type Rounding } from '../ir/quantization.ts';
import {
  multiplyByQuantizedMultiplier,
  quantizeMultiplier,
  roundHalfAwayFromZero,
} from '../util/fixed-point.ts';
import { clamp } from '../util/math.ts';

/** Between the values of a signed map and the bytes of a uint8 model. */
const UINT8_OFFSET = 128;

/** A table of the output for each stored value q of the input, the lowest first. */
function tabulate(input: Affine, output: Affine, value: (q: number) => number): Int8Array {
  const from = integerRange(input.bits);
  const to = integerRange(output.bits);
  return Int8Array.from({ length: 2 ** input.bits }, (_, i) => clamp(value(i + from.min), to.min, to.max));
}

/** One table, or one for each channel where some map has a scale for each. */
function tabulateChannels(
  input: Affine,
  output: Affine,
  table: (input: Affine, output: Affine) => Int8Array,
): Int8Array {
  const channels = Math.max(input.scale.length, output.scale.length);
  const tables = Array.from({ length: channels }, (_, c) =>
    table(channelAffine(input, c), channelAffine(output, c)),
  );
  return Int8Array.from(tables.flatMap((values) => [...values]));
}

/** f of every stored value, computed in double precision and rounded once. */
function tabulateReal(f: (x: number) => number, input: Affine, output: Affine): Int8Array {
  return tabulate(input, output, (q) => {
    const x = input.scale[0]! * (q - input.zeroPoint[0]!);
    return roundHalfAwayFromZero(f(x) / output.scale[0]!) + output.zeroPoint[0]!;
  });
}

/** The differences from the input zero point times `ratio`, with TFLite's two rounding steps, from the output zero point. */
function tabulateRatio(ratio: (difference: number) => number, input: Affine, output: Affine): Int8Array {
  return tabulate(input, output, (q) => {
    const difference = q - input.zeroPoint[0]!;
    const { multiplier, shift } = quantizeMultiplier(ratio(difference));
    return multiplyByQuantizedMultiplier(difference, multiplier, shift) + output.zeroPoint[0]!;
  });
}

/** The same real values in another quantization (TFLite's Requantize). */
export function requantizeTable(input: Affine, output: Affine, rounding: Rounding): Int8Array {
  return tabulateChannels(input, output, (from, to) =>
    rounding === 'single'
      ? tabulateReal((x) => x, from, to)
      : tabulateRatio(() => from.scale[0]! / to.scale[0]!, from, to),
  );
}

/** The requantization of one input of TFLite's uint8 CONCATENATION, which computes in float32. */
export function floatRequantizeTable(input: Affine, output: Affine): Int8Array {
  const { fround } = Math;
  const scale = fround(input.scale[0]! * fround(1 / output.scale[0]!));
  const bias = fround(-(input.zeroPoint[0]! + UINT8_OFFSET) * scale);
  return tabulate(input, output, (q) => {
    const scaled = fround(fround((q + UINT8_OFFSET) * scale) + bias);
    return roundHalfAwayFromZero(scaled) + output.zeroPoint[0]!;
  });
}

/**
 * A pointwise function as a table. In `tflite` rounding the functions made of straight lines follow TFLite's fixed-point
 * kernels; all others are computed in double precision (NUMERICS: pointwise functions).
 */
export function pointwiseTable(
  fn: PointwiseFunction,
  input: Affine,
  output: Affine,
  rounding: Rounding,
): Int8Array {
  return tabulateChannels(input, output, (from, to) => pointwiseChannelTable(fn, from, to, rounding));
}

function pointwiseChannelTable(
  fn: PointwiseFunction,
  input: Affine,
  output: Affine,
  rounding: Rounding,
): Int8Array {
  if (rounding === 'single') return tabulateReal((x) => evaluatePointwise(fn, x), input, output);
  // The kernels divide and multiply these scales in float32.
  const ratio = Math.fround(input.scale[0]! / output.scale[0]!);
  const zeroPoint = output.zeroPoint[0]!;
  switch (fn.name) {
    case 'relu':
      return tabulateRatio(() => ratio, input, output).map((q) => Math.max(q, zeroPoint));
    case 'relu6': {
      const six = zeroPoint + roundHalfAwayFromZero(Math.fround(6 / output.scale[0]!));
      return tabulateRatio(() => ratio, input, output).map((q) => clamp(q, zeroPoint, six));
    }
    case 'leaky-relu': {
      const below = Math.fround(Math.fround(input.scale[0]! * Math.fround(fn.slope)) / output.scale[0]!);
      // A negative slope has no fixed-point multiplier.
      if (below < 0) return tabulateReal((x) => evaluatePointwise(fn, x), input, output);
      return tabulateRatio((difference) => (difference < 0 ? below : ratio), input, output);
    }
    case 'sigmoid':
    case 'tanh':
    case 'hard-swish':
    case 'elu':
    case 'hard-sigmoid':
    case 'swish':
    case 'gelu':
    case 'gelu-tanh':
    case 'softplus':
    case 'erf':
    case 'exp':
    case 'log':
    case 'abs':
    case 'neg':
    case 'square':
    case 'sqrt':
    case 'rsqrt':
    case 'reciprocal':
      return tabulateReal((x) => evaluatePointwise(fn, x), input, output);
  }
}
