import type { QuantPool } from '../../ir/quant-model.ts';
import { clamp } from '../../util/math.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** Average or maximum over the part of the window that lies inside the map. */
export function preparePool(layer: QuantPool, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { kernel, stride, dilation, padding } = layer.window;
  const { origin } = layer;
  const { min, max } = layer.clamp;
  const channels = output.shape.c;
  const averages = layer.reduce === 'average';
  const values = new Int32Array(channels);

  function takeTap(at: number): void {
    for (let c = 0; c < channels; c++) {
      const value = arena[at + c]!;
      values[c] = averages ? values[c]! + value : Math.max(values[c]!, value);
    }
  }

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        values.fill(averages ? 0 : min);
        let taps = 0;
        for (let ky = 0; ky < kernel.h; ky++) {
          const iy = y * stride.h - padding.top + ky * dilation.h;
          if (iy < 0 || iy >= input.shape.h) continue;
          for (let kx = 0; kx < kernel.w; kx++) {
            const ix = x * stride.w - padding.left + kx * dilation.w;
            if (ix < 0 || ix >= input.shape.w) continue;
            takeTap(pixelStart(input, iy, ix, rect.inputColumn[0]));
            taps++;
          }
        }
        const at = pixelStart(output, y, x, rect.outputColumn);
        for (let c = 0; c < channels; c++) {
          const value = averages ? divideRounding(values[c]! - taps * origin, taps) + origin : values[c]!;
          arena[at + c] = clamp(value, min, max);
        }
      }
    }
  };
}

/** total ÷ count to the nearest integer, halves away from zero (TFLite's AVERAGE_POOL_2D). */
function divideRounding(total: number, count: number): number {
  const half = count >> 1;
  return Math.trunc((total > 0 ? total + half : total - half) / count);
}
