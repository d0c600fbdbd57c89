import type { Affine } from '../ir/quantization.ts';
import { quantizeMultiplier } from '../util/fixed-point.ts';
import { affine } from './range.ts';

/** Integer bits of the scaled differences that the exponential takes: Q5.26. */
const DIFFERENCE_INTEGER_BITS = 5;
const DIFFERENCE_FRACTION_BITS = 31 - DIFFERENCE_INTEGER_BITS;

/** What softmax writes, whatever it reads. */
export const SOFTMAX_OUTPUT: Affine = affine(1 / 256, -128);

export interface SoftmaxScaling {
  readonly inputMultiplier: number;
  readonly inputLeftShift: number;
  readonly diffMin: number;
}

/** TFLite's PreprocessSoftmaxScaling and CalculateInputRadius for 8-bit softmax; `beta` is a float32 in the model file. */
export function softmaxScaling(beta: number, inputScale: number): SoftmaxScaling {
  const real = Math.min(Math.fround(beta) * inputScale * 2 ** DIFFERENCE_FRACTION_BITS, 2 ** 31 - 1);
  const { multiplier, shift } = quantizeMultiplier(real);
  const radius = Math.floor(
    ((2 ** DIFFERENCE_INTEGER_BITS - 1) * 2 ** DIFFERENCE_FRACTION_BITS) / 2 ** shift,
  );
  return { inputMultiplier: multiplier, inputLeftShift: shift, diffMin: -radius };
}
