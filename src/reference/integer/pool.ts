import type { QuantPool } from '../../ir/quant-model.ts';
import { clamp } from '../../util/math.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';
import { prepareRowSums } from './row-sums.ts';

/** Average or maximum over the part of the window that lies inside the map. Averages over its whole height fold their rows. */
export function preparePool(layer: QuantPool, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { kernel, stride, dilation, padding } = layer.window;
  const { origin } = layer;
  const { min, max } = layer.clamp;
  const channels = output.shape.c;
  const averages = layer.reduce === 'average';
  const values = new Int32Array(channels);
  const sums = prepareRowSums(layer, context);

  function takeTap(at: number): void {
    for (let c = 0; c < channels; c++) {
      const value = arena[at + c]!;
      values[c] = averages ? values[c]! + value : Math.max(values[c]!, value);
    }
  }

  /** The taps of output column x in one row of the input; returns how many there are. */
  function takeRow(rect: Rect, iy: number, x: number): number {
    let taps = 0;
    for (let kx = 0; kx < kernel.w; kx++) {
      const ix = x * stride.w - padding.left + kx * dilation.w;
      if (ix < 0 || ix >= input.shape.w) continue;
      takeTap(pixelStart(input, iy, ix, rect.inputColumn[0]));
      taps++;
    }
    return taps;
  }

  function storePixel(rect: Rect, y: number, x: number, taps: number): void {
    const at = pixelStart(output, y, x, rect.outputColumn);
    for (let c = 0; c < channels; c++) {
      const value = averages ? divideRounding(values[c]! - taps * origin, taps) + origin : values[c]!;
      arena[at + c] = clamp(value, min, max);
    }
  }

  if (sums !== null) {
    return (rect: Rect) => {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        values.fill(0);
        let rowTaps = 0;
        for (let y = rect.rows.from; y < rect.rows.to; y++) rowTaps = takeRow(rect, y, x);
        const first = x * channels;
        sums.addEarlier(rect.rows, values, first);
        if (!sums.keepForNext(rect.rows, values, first)) storePixel(rect, 0, x, rowTaps * sums.rows);
      }
    };
  }
  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        values.fill(averages ? 0 : min);
        let taps = 0;
        for (let ky = 0; ky < kernel.h; ky++) {
          const iy = y * stride.h - padding.top + ky * dilation.h;
          if (iy >= 0 && iy < input.shape.h) taps += takeRow(rect, iy, x);
        }
        storePixel(rect, y, x, taps);
      }
    }
  };
}

/** total ÷ count to the nearest integer, halves away from zero (TFLite's AVERAGE_POOL_2D). */
function divideRounding(total: number, count: number): number {
  const half = count >> 1;
  return Math.trunc((total > 0 ? total + half : total - half) / count);
}
