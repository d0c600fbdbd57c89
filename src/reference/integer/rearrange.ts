import type { QuantRearrange } from '../../ir/quant-model.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** Copies each value from its place in the input. */
export function prepareRearrange(layer: QuantRearrange, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { rows, columns, channels } = layer.source;

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const [row, column] = [rows[y]!, columns[x]!];
        const at = pixelStart(output, y, x, rect.outputColumn);
        channels.forEach((channel, c) => {
          const from = pixelStart(
            input,
            row.y + column.y + channel.y,
            row.x + column.x + channel.x,
            rect.inputColumn[0],
          );
          arena[at + c] = arena[from + row.c + column.c + channel.c]!;
        });
      }
    }
  };
}
