import type { BinaryArithmetic } from '../../ir/binary-arithmetic.ts';
import type { QuantBinary } from '../../ir/quant-model.ts';
import { multiplyByQuantizedMultiplier } from '../../util/fixed-point.ts';
import { clamp } from '../../util/math.ts';
import { assert } from '../../util/never.ts';
import { pixelStart, uniformZeroPoint } from './row-kernel.ts';
import type { KernelContext, PlacedMap, Rect, RowKernel } from './row-kernel.ts';

/** Finds the values of an operand for an output pixel; every value `step` further belongs to the next channel. */
interface Operand {
  readonly values: Int8Array;
  readonly start: (y: number, x: number, rect: Rect) => number;
  readonly step: 0 | 1;
  readonly zeroPoint: number;
}

/** Two operands value by value. The output may coincide with an input of its shape: each value is read before its place is written. */
export function prepareBinary(layer: QuantBinary, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const [first, second] = context.inputs;
  assert(first !== undefined, 'a function of two values has an input');
  const a = mapOperand(first, 0, arena);
  const b = constantOperand(layer) ?? mapOperand(second ?? first, 1, arena);
  const { min, max } = layer.clamp;
  const combine = prepareArithmetic(layer.arithmetic, a.zeroPoint, b.zeroPoint, uniformZeroPoint(output));

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const at = pixelStart(output, y, x, rect.outputColumn);
        const [fromA, fromB] = [a.start(y, x, rect), b.start(y, x, rect)];
        for (let c = 0; c < output.shape.c; c++) {
          const value = combine(a.values[fromA + c * a.step]!, b.values[fromB + c * b.step]!);
          arena[at + c] = clamp(value, min, max);
        }
      }
    }
  };
}

function mapOperand(map: PlacedMap, input: 0 | 1, arena: Int8Array): Operand {
  const { h, w, c } = map.shape;
  return {
    values: arena,
    start: (y, x, rect) => pixelStart(map, h === 1 ? 0 : y, w === 1 ? 0 : x, rect.inputColumn[input]),
    step: c === 1 ? 0 : 1,
    zeroPoint: uniformZeroPoint(map),
  };
}

function constantOperand({ constant }: QuantBinary): Operand | null {
  if (constant === null) return null;
  const { h, w, c } = constant.shape;
  return {
    values: constant.data,
    start: (y, x) => ((h === 1 ? 0 : y) * w + (w === 1 ? 0 : x)) * c,
    step: c === 1 ? 0 : 1,
    zeroPoint: constant.zeroPoint,
  };
}

/** From two stored values to one, before the clamp. */
function prepareArithmetic(
  arithmetic: BinaryArithmetic,
  zeroA: number,
  zeroB: number,
  zeroY: number,
): (a: number, b: number) => number {
  const scale = multiplyByQuantizedMultiplier;
  switch (arithmetic.fn) {
    case 'sum': {
      const { leftShift, inputMultiplier, inputShift, outputMultiplier, outputShift } = arithmetic;
      const term = (value: number, input: 0 | 1): number =>
        scale(value * 2 ** leftShift, inputMultiplier[input], inputShift[input]);
      return (a, b) => scale(term(a - zeroA, 0) + term(b - zeroB, 1), outputMultiplier, outputShift) + zeroY;
    }
    case 'product': {
      const { multiplier, shift } = arithmetic;
      return (a, b) => scale((a - zeroA) * (b - zeroB), multiplier, shift) + zeroY;
    }
    case 'prelu': {
      const { multiplier, shift } = arithmetic;
      return (a, b) => {
        const value = a - zeroA;
        return value >= 0
          ? scale(value, multiplier[0], shift[0]) + zeroY
          : scale(value * (b - zeroB), multiplier[1], shift[1]) + zeroY;
      };
    }
    case 'min':
      return Math.min;
    case 'max':
      return Math.max;
  }
}
