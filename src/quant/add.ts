import type { AddRequant } from '../ir/quant-model.ts';
import { channelAffine, isPerChannel, type Affine, type Rounding } from '../ir/quantization.ts';
import { quantizeMultiplier } from '../util/fixed-point.ts';

const TFLITE_LEFT_SHIFT = 20;
const MAX_SINGLE_SHIFT = 22;
const INT16_MAX = 2 ** 15 - 1;

/** How two maps are added; null where `single` rounding cannot express the scales (an output step 2^14 times finer than an input's). */
export function addRequant(a: Affine, b: Affine, output: Affine, rounding: Rounding): AddRequant | null {
  if ([a, b, output].some(isPerChannel)) return channelAdd(a, b, output);
  return rounding === 'tflite' ? tfliteAdd(a, b, output) : singleAdd(a, b, output);
}

/** TFLite's preparation of ADD on 8-bit maps. */
export function tfliteAdd(
  a: Affine,
  b: Affine,
  output: Affine,
): Extract<AddRequant, { readonly rounding: 'tflite' }> {
  const twiceMax = 2 * Math.max(a.scale[0]!, b.scale[0]!);
  const first = quantizeMultiplier(a.scale[0]! / twiceMax);
  const second = quantizeMultiplier(b.scale[0]! / twiceMax);
  const last = quantizeMultiplier(twiceMax / (2 ** TFLITE_LEFT_SHIFT * output.scale[0]!));
  return {
    rounding: 'tflite',
    leftShift: TFLITE_LEFT_SHIFT,
    inputMultiplier: [first.multiplier, second.multiplier],
    inputShift: [first.shift, second.shift],
    outputMultiplier: last.multiplier,
    outputShift: last.shift,
  };
}

function singleAdd(a: Affine, b: Affine, output: Affine): AddRequant | null {
  const shift = singleShift(addRatios(a, b, output));
  if (shift === 0) return null;
  return { rounding: 'single', ...singleTerms(a, b, output, shift), shift };
}

/** One shift for all channels, and what else `single` addition takes of each. */
function channelAdd(a: Affine, b: Affine, output: Affine): AddRequant | null {
  const count = Math.max(a.scale.length, b.scale.length, output.scale.length);
  const channels = Array.from({ length: count }, (_, c) =>
    [a, b, output].map((map) => channelAffine(map, c)),
  ) as [Affine, Affine, Affine][];
  const shift = singleShift(channels.flatMap((maps) => addRatios(...maps)));
  if (shift === 0) return null;
  const terms = channels.map((maps) => singleTerms(...maps, shift));
  return {
    rounding: 'channels',
    multiplier: [
      Int16Array.from(terms, ({ multiplier }) => multiplier[0]),
      Int16Array.from(terms, ({ multiplier }) => multiplier[1]),
    ],
    offset: Int32Array.from(terms, ({ offset }) => offset),
    shift,
  };
}

function addRatios(a: Affine, b: Affine, output: Affine): readonly [number, number] {
  return [a.scale[0]! / output.scale[0]!, b.scale[0]! / output.scale[0]!];
}

/** The largest shift with which the ratios become 16-bit multipliers; 0 where there is none. */
function singleShift(ratios: readonly number[]): number {
  let shift = MAX_SINGLE_SHIFT;
  while (shift > 0 && Math.round(Math.max(...ratios) * 2 ** shift) > INT16_MAX) shift--;
  return shift;
}

function singleTerms(
  a: Affine,
  b: Affine,
  output: Affine,
  shift: number,
): { readonly multiplier: readonly [number, number]; readonly offset: number } {
  const [first, second] = addRatios(a, b, output).map((ratio) => Math.round(ratio * 2 ** shift)) as [
    number,
    number,
  ];
  // |zero point · multiplier| ≤ 2^22 and |zero point << shift| ≤ 2^29: the sum stays in int32 for all inputs.
  const offset =
    output.zeroPoint[0]! * 2 ** shift + 2 ** (shift - 1) - a.zeroPoint[0]! * first - b.zeroPoint[0]! * second;
  return { multiplier: [first, second], offset };
}
