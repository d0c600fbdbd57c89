import { mapOf, type QuantArgmax } from '../../ir/quant-model.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** The index of the largest or smallest channel of each pixel, the first of equals, as TFLite's ARG_MAX and ARG_MIN find it. */
export function prepareArgmax(layer: QuantArgmax, context: KernelContext): RowKernel {
  const { arena, output, model } = context;
  const input = onlyInput(context);
  const channels = input.shape.c;
  const sign = layer.reduce === 'max' ? 1 : -1;
  const firstIndex = mapOf(model, layer.output).affine.zeroPoint[0]!;

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const source = pixelStart(input, y, x, rect.inputColumn[0]);
        let best = 0;
        for (let c = 1; c < channels; c++) {
          if (sign * arena[source + c]! > sign * arena[source + best]!) best = c;
        }
        arena[pixelStart(output, y, x, rect.outputColumn)] = firstIndex + best;
      }
    }
  };
}
