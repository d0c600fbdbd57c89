import type { QuantPad } from '../../ir/quant-model.ts';
import { perChannel } from '../../util/per-channel.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** A copy with a border around it. */
export function preparePad(layer: QuantPad, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { padding, border } = layer;
  const pixel = perChannel(border, output.shape.c);

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      const iy = y - padding.top;
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const ix = x - padding.left;
        const inside = iy >= 0 && iy < input.shape.h && ix >= 0 && ix < input.shape.w;
        const at = pixelStart(output, y, x, rect.outputColumn);
        if (inside) {
          const source = pixelStart(input, iy, ix, rect.inputColumn[0]);
          arena.copyWithin(at, source, source + input.shape.c);
        } else {
          arena.set(pixel, at);
        }
      }
    }
  };
}
