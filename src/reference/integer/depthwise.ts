import type { QuantDepthwise } from '../../ir/quant-model.ts';
import { centredWeights } from './dot.ts';
import { prepareStore } from './requantize.ts';
import { onlyInput, pixelStart } from './row-kernel.ts';
import type { KernelContext, Rect, RowKernel } from './row-kernel.ts';

/** Depthwise convolution: output channel c · multiplier + m from input channel c; taps outside the map add nothing. */
export function prepareDepthwise(layer: QuantDepthwise, context: KernelContext): RowKernel {
  const { arena, output } = context;
  const input = onlyInput(context);
  const { kernel, stride, dilation, padding } = layer.window;
  const { bias } = layer.weights;
  const channels = output.shape.c;
  const weights = centredWeights(layer.weights);
  const pixel = new Int16Array(input.shape.c);
  const accumulators = new Int32Array(channels);
  const store = prepareStore(layer.requant, output.zeroPoint, layer.clamp);

  return (rect: Rect) => {
    for (let y = rect.rows.from; y < rect.rows.to; y++) {
      for (let x = rect.columns.from; x < rect.columns.to; x++) {
        accumulators.set(bias);
        for (let ky = 0; ky < kernel.h; ky++) {
          const iy = y * stride.h - padding.top + ky * dilation.h;
          if (iy < 0 || iy >= input.shape.h) continue;
          for (let kx = 0; kx < kernel.w; kx++) {
            const ix = x * stride.w - padding.left + kx * dilation.w;
            if (ix < 0 || ix >= input.shape.w) continue;
            centrePixel(arena, pixelStart(input, iy, ix, rect.inputColumn[0]), input.zeroPoint, pixel);
            const w = (ky * kernel.w + kx) * channels;
            accumulateTap(pixel, weights, w, layer.multiplier, accumulators);
          }
        }
        store(accumulators, arena, pixelStart(output, y, x, rect.outputColumn));
      }
    }
  };
}

/** x − zero point of all channels of the pixel at arena index `at`. */
function centrePixel(arena: Int8Array, at: number, zeroPoint: Int32Array, pixel: Int16Array): void {
  for (let c = 0; c < pixel.length; c++) pixel[c] = arena[at + c]! - zeroPoint[c]!;
}

/** Adds the products of one tap, whose weights stand from index `w` on. */
function accumulateTap(
  pixel: Int16Array,
  weights: Int16Array,
  w: number,
  multiplier: number,
  accumulators: Int32Array,
): void {
  if (multiplier === 1) {
    for (let c = 0; c < pixel.length; c++) {
      accumulators[c] = accumulators[c]! + Math.imul(pixel[c]!, weights[w + c]!);
    }
    return;
  }
  for (let o = 0; o < accumulators.length; o++) {
    const value = pixel[Math.floor(o / multiplier)]!;
    accumulators[o] = accumulators[o]! + Math.imul(value, weights[w + o]!);
  }
}
