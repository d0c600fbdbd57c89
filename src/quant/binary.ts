import { realValues } from '../ir/constant.ts';
import { operandShape } from '../ir/broadcast.ts';
import type { BinaryArithmetic, ConstantOperand } from '../ir/binary-arithmetic.ts';
import type { BinaryFunction, BinaryNode, Constant } from '../ir/graph.ts';
import { integerRange, sameAffine, type Affine } from '../ir/quantization.ts';
import { quantizeMultiplier, roundHalfAwayFromZero, type QuantizedMultiplier } from '../util/fixed-point.ts';
import { clamp } from '../util/math.ts';
import { assert } from '../util/never.ts';
import { tfliteAdd } from './add.ts';
import { affine, affineOfRange } from './range.ts';

/** The integer form of a constant operand with its affine parameters. */
export interface QuantizedOperand {
  readonly operand: ConstantOperand;
  readonly affine: Affine;
}

/**
 * The constant of a node in integers: those of the file, or real values to the nearest of 256 steps. For a minimum or
 * maximum in the quantization of the output, which it is compared in.
 */
export function quantizeOperand({ constant, fn }: BinaryNode, output: Affine): QuantizedOperand | null {
  if (constant === null) return null;
  const own = ownAffine(constant);
  const isPicked = fn === 'min' || fn === 'max';
  const chosen = isPicked ? output : own;
  const data =
    constant.kind === 'quantized' && (!isPicked || sameAffine(own, output))
      ? Int8Array.from(constant.data)
      : quantizeValues(realValues(constant), chosen);
  return {
    operand: { shape: operandShape(constant), data, zeroPoint: chosen.zeroPoint[0]! },
    affine: chosen,
  };
}

/** What a constant's integers mean, or would mean best. */
function ownAffine(constant: Constant): Affine {
  if (constant.kind === 'quantized') {
    assert(constant.scale.length === 1, 'an operand has one scale');
    return affine(constant.scale[0]!, constant.zeroPoint[0]!);
  }
  const lo = constant.data.reduce((least, value) => Math.min(least, value), 0);
  const hi = constant.data.reduce((most, value) => Math.max(most, value), 0);
  return affineOfRange({ lo, hi });
}

function quantizeValues(values: Float32Array, { bits, scale, zeroPoint }: Affine): Int8Array {
  const { min, max } = integerRange(bits);
  return Int8Array.from(values, (value) =>
    clamp(roundHalfAwayFromZero(value / scale[0]!) + zeroPoint[0]!, min, max),
  );
}

/** Shifts to the left by more than this could lose the top bits of a product of two bytes. */
const LARGEST_PRODUCT_SHIFT = 14;

/** How two operands become one; null where the scales allow no such arithmetic. */
export function binaryArithmetic(
  fn: BinaryFunction,
  a: Affine,
  b: Affine,
  output: Affine,
): BinaryArithmetic | null {
  switch (fn) {
    case 'add':
      return sumOf(a, b, output, [1, 1]);
    case 'sub':
      return sumOf(a, b, output, [1, -1]);
    case 'reverse-sub':
      return sumOf(a, b, output, [-1, 1]);
    case 'mul': {
      const product = fround(fround(a.scale[0]! * b.scale[0]!) / output.scale[0]!);
      const { multiplier, shift } = quantizeMultiplier(product);
      return shift > LARGEST_PRODUCT_SHIFT ? null : { fn: 'product', multiplier, shift };
    }
    case 'prelu': {
      const positive = quantizeMultiplier(fround(a.scale[0]! / output.scale[0]!));
      const negative = quantizeMultiplier(fround(fround(a.scale[0]! * b.scale[0]!) / output.scale[0]!));
      return fitsPrelu(positive, negative)
        ? {
            fn: 'prelu',
            multiplier: [positive.multiplier, negative.multiplier],
            shift: [positive.shift, negative.shift],
          }
        : null;
    }
    case 'min':
    case 'max':
      return sameAffine(a, output) && sameAffine(b, output) ? { fn } : null;
  }
}

/** TFLite multiplies and divides the scales in float32. */
const { fround } = Math;

function fitsPrelu(positive: QuantizedMultiplier, negative: QuantizedMultiplier): boolean {
  // A single byte leaves eight bits more than a product of two.
  return positive.shift <= LARGEST_PRODUCT_SHIFT + 8 && negative.shift <= LARGEST_PRODUCT_SHIFT;
}

/** TFLite's ADD, with a negative multiplier for what is subtracted. */
function sumOf(
  a: Affine,
  b: Affine,
  output: Affine,
  signs: readonly [number, number],
): BinaryArithmetic | null {
  const { leftShift, inputMultiplier, inputShift, outputMultiplier, outputShift } = tfliteAdd(a, b, output);
  // The sum of two terms has 29 bits.
  if (outputShift > 2) return null;
  return {
    fn: 'sum',
    leftShift,
    inputMultiplier: [signs[0] * inputMultiplier[0], signs[1] * inputMultiplier[1]],
    inputShift,
    outputMultiplier,
    outputShift,
  };
}
