import type { QuantReshape } from '../../ir/quant-model.ts';
import { onlyInput, rowStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** The same values in the same order. The output may coincide with the input where both hold their rows without gaps. */
export function prepareReshape(_layer: QuantReshape, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const inputRow = input.shape.w * input.shape.c;
  const outputRow = output.shape.w * output.shape.c;

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      const at = rowStart(output, y);
      for (let done = 0; done < outputRow;) {
        const index = y * outputRow + done;
        const column = index % inputRow;
        const count = Math.min(outputRow - done, inputRow - column);
        const source = rowStart(input, Math.floor(index / inputRow)) + column;
        arena.copyWithin(at + done, source, source + count);
        done += count;
      }
    }
  };
}
