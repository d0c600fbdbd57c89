import type { QuantMean } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { prepareStore } from './requantize.ts';
import { onlyInput, rowStart } from './row-kernel.ts';
import type { KernelContext, RowKernel } from './row-kernel.ts';

/** Mean over all rows and columns; the division is part of the requantization. */
export function prepareMean(layer: QuantMean, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { h, w, c } = input.shape;
  const accumulators = new Int32Array(c);
  const store = prepareStore(layer.requant, output.zeroPoint, integerRange(output.bits));

  return () => {
    accumulators.fill(0);
    for (let y = 0; y < h; y++) {
      let at = rowStart(input, y);
      for (let x = 0; x < w; x++) {
        for (let i = 0; i < c; i++) {
          accumulators[i] = accumulators[i]! + arena[at++]! - input.zeroPoint[i]!;
        }
      }
    }
    store(accumulators, arena, rowStart(output, 0));
  };
}
