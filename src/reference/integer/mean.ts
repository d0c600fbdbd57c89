import type { QuantMean } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { assert } from '../../util/never.ts';
import { prepareStore } from './requantize.ts';
import { onlyInput, rowStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';
import { prepareRowSums } from './row-sums.ts';

/** Mean over all rows, which are folded as they come, and columns; the division is part of the requantization. */
export function prepareMean(layer: QuantMean, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { h, w, c } = input.shape;
  const accumulators = new Int32Array(c);
  const store = prepareStore(layer.requant, output.zeroPoint, integerRange(output.bits));
  const sums = prepareRowSums(layer, context);
  assert(sums !== null, 'a mean folds its rows');

  return ({ rows }: Rect) => {
    // All zero points are taken off ahead of the first row.
    for (let i = 0; i < c; i++) accumulators[i] = rows.from === 0 ? -h * w * input.zeroPoint[i]! : 0;
    for (let y = rows.from; y < rows.to; y++) {
      let at = rowStart(input, y);
      for (let x = 0; x < w; x++) {
        for (let i = 0; i < c; i++) accumulators[i] = accumulators[i]! + arena[at++]!;
      }
    }
    sums.addEarlier(rows, accumulators, 0);
    if (!sums.keepForNext(rows, accumulators, 0)) store(accumulators, arena, rowStart(output, 0));
  };
}
