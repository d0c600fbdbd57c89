import type { QuantConv } from '../../ir/quant-model.ts';
import { prepareDot } from './dot.ts';
import { prepareStore } from './requantize.ts';
import { onlyInput, pixelStart, rowStart } from './row-kernel.ts';
import type { KernelContext, PlacedMap, Rect, RowKernel } from './row-kernel.ts';

/** Convolution: the window of each output pixel is gathered into one column per group and multiplied with the weights. */
export function prepareConv(layer: QuantConv, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { window, groups } = layer;
  const groupInputs = input.shape.c / groups;
  const column = new Float64Array(window.kernel.h * window.kernel.w * groupInputs);
  const dot = prepareDot(layer.weights, column.length, groups);
  const accumulators = new Int32Array(output.shape.c);
  const store = prepareStore(layer.requant, output.zeroPoint, layer.clamp);

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        const top = y * window.stride.h - window.padding.top;
        const left = x * window.stride.w - window.padding.left;
        for (let group = 0; group < groups; group++) {
          gatherColumn(arena, input, layer, top, left, rect.inputColumn[0], group * groupInputs, column);
          dot(column, group, accumulators);
        }
        store(accumulators, arena, pixelStart(output, y, x, rect.outputColumn));
      }
    }
  };
}

/** x − zero point of the window whose first tap is (top, left), taps outside the map being 0: [kh][kw][cin / groups]. */
function gatherColumn(
  arena: Int8Array,
  input: PlacedMap,
  layer: QuantConv,
  top: number,
  left: number,
  firstColumn: number,
  firstChannel: number,
  column: Float64Array,
): void {
  const { kernel, dilation } = layer.window;
  const { h, w, c } = input.shape;
  const channels = c / layer.groups;
  let k = 0;
  for (let ky = 0; ky < kernel.h; ky++) {
    const y = top + ky * dilation.h;
    const row = y >= 0 && y < h ? rowStart(input, y) : -1;
    for (let kx = 0; kx < kernel.w; kx++) {
      const x = left + kx * dilation.w;
      if (row < 0 || x < 0 || x >= w) {
        column.fill(0, k, k + channels);
        k += channels;
      } else {
        let at = row + (x - firstColumn) * c + firstChannel;
        for (let i = firstChannel; i < firstChannel + channels; i++) {
          column[k++] = arena[at++]! - input.zeroPoint[i]!;
        }
      }
    }
  }
}
