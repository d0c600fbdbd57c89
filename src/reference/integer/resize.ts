import { INTERPOLATION_ONE, type Interpolation } from '../../ir/bilinear.ts';
import type { QuantResize } from '../../ir/quant-model.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** Bits of the product of two fractions. */
const FRACTION_BITS = 20;

/** Bilinear interpolation (TFLite's RESIZE_BILINEAR for int8). */
export function prepareResize(layer: QuantResize, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { c } = output.shape;

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      const row = layer.rows[y]!;
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const column = layer.columns[x]!;
        const at = pixelStart(output, y, x, rect.outputColumn);
        const corners = [row.lower, row.upper].flatMap((iy) =>
          [column.lower, column.upper].map((ix) => pixelStart(input, iy, ix, rect.inputColumn[0])),
        );
        const weights = weightsOf(row).flatMap((a) => weightsOf(column).map((b) => a * b));
        for (let channel = 0; channel < c; channel++) {
          let sum = 0;
          for (let i = 0; i < 4; i++) sum += arena[corners[i]! + channel]! * weights[i]!;
          const half = sum > 0 ? 2 ** (FRACTION_BITS - 1) : -(2 ** (FRACTION_BITS - 1));
          arena[at + channel] = Math.trunc((sum + half) / 2 ** FRACTION_BITS);
        }
      }
    }
  };
}

function weightsOf({ fraction }: Interpolation): readonly [number, number] {
  return [INTERPOLATION_ONE - fraction, fraction];
}
