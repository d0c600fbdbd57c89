import type { AddRequant, IntegerClamp, QuantAdd } from '../../ir/quant-model.ts';
import { multiplyByQuantizedMultiplier } from '../../util/fixed-point.ts';
import { clamp } from '../../util/math.ts';
import { assert } from '../../util/never.ts';
import { pixelStart, uniformZeroPoint } from './row-kernel.ts';
import type { KernelContext, PlacedMap, Rect, RowKernel } from './row-kernel.ts';

type ChannelAdd = Extract<AddRequant, { readonly rounding: 'channels' }>;
type TensorAdd = Exclude<AddRequant, ChannelAdd>;

/** Sum of two maps. The output may coincide with an input: each value is read before its place is written. */
export function prepareAdd(layer: QuantAdd, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const [first, second] = context.inputs;
  assert(first !== undefined && second !== undefined, 'an addition has two inputs');
  const { min, max } = layer.clamp;
  const { requant } = layer;
  if (requant.rounding === 'channels')
    return prepareChannelAdd(requant, first, second, output, arena, layer.clamp);
  const terms = [
    scaledTerms(requant, 0, uniformZeroPoint(first)),
    scaledTerms(requant, 1, uniformZeroPoint(second)),
  ] as const;
  const finish = prepareFinish(requant, uniformZeroPoint(output));

  return (rect: Rect) => {
    const { from, to } = rect.columns;
    const count = (to - from) * output.shape.c;
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      const a = pixelStart(first, y, from, rect.inputColumn[0]);
      const b = pixelStart(second, y, from, rect.inputColumn[1]);
      const at = pixelStart(output, y, from, rect.outputColumn);
      for (let i = 0; i < count; i++) {
        const sum = terms[0][arena[a + i]! + 128]! + terms[1][arena[b + i]! + 128]!;
        arena[at + i] = clamp(finish(sum), min, max);
      }
    }
  };
}

function prepareChannelAdd(
  { multiplier, offset, shift }: ChannelAdd,
  first: PlacedMap,
  second: PlacedMap,
  output: PlacedMap,
  arena: Int8Array,
  { min, max }: IntegerClamp,
): RowKernel {
  const { c } = output.shape;
  return (rect: Rect) => {
    const { from, to } = rect.columns;
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      const a = pixelStart(first, y, from, rect.inputColumn[0]);
      const b = pixelStart(second, y, from, rect.inputColumn[1]);
      const at = pixelStart(output, y, from, rect.outputColumn);
      for (let i = 0; i < (to - from) * c; i++) {
        const channel = i % c;
        const sum =
          arena[a + i]! * multiplier[0][channel]! +
          arena[b + i]! * multiplier[1][channel]! +
          offset[channel]!;
        arena[at + i] = clamp(sum >> shift, min, max);
      }
    }
  };
}

/** What each stored value (by q + 128) of an input adds to the sum. */
function scaledTerms(requant: TensorAdd, input: 0 | 1, zeroPoint: number): Int32Array {
  return Int32Array.from({ length: 256 }, (_, index) => {
    const value = index - 128;
    if (requant.rounding === 'single') return value * requant.multiplier[input];
    const raised = (value - zeroPoint) * 2 ** requant.leftShift;
    return multiplyByQuantizedMultiplier(raised, requant.inputMultiplier[input], requant.inputShift[input]);
  });
}

/** From the sum of both terms to the stored value, before the clamp. */
function prepareFinish(requant: TensorAdd, zeroPoint: number): (sum: number) => number {
  if (requant.rounding === 'single') {
    const { offset, shift } = requant;
    return (sum) => (sum + offset) >> shift;
  }
  const { outputMultiplier, outputShift } = requant;
  return (sum) => multiplyByQuantizedMultiplier(sum, outputMultiplier, outputShift) + zeroPoint;
}
