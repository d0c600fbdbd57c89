import type { QuantDense } from '../../ir/quant-model.ts';
import { elementCount } from '../../ir/geometry.ts';
import { prepareDot } from './dot.ts';
import { prepareStore } from './requantize.ts';
import { onlyInput, rowStart } from './row-kernel.ts';
import type { KernelContext, RowKernel } from './row-kernel.ts';

/** Fully connected layer over the whole input in (h, w, c) order. */
export function prepareDense(layer: QuantDense, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { h, w, c } = input.shape;
  const column = new Float64Array(elementCount(input.shape));
  const dot = prepareDot(layer.weights, column.length, 1);
  const accumulators = new Int32Array(output.shape.c);
  const store = prepareStore(layer.requant, output.zeroPoint, layer.clamp);

  return () => {
    let k = 0;
    for (let y = 0; y < h; y++) {
      let at = rowStart(input, y);
      for (let x = 0; x < w; x++) {
        for (let i = 0; i < c; i++) column[k++] = arena[at++]! - input.zeroPoint[i]!;
      }
    }
    dot(column, 0, accumulators);
    store(accumulators, arena, rowStart(output, 0));
  };
}
