import type { MapShape, SlidingWindow } from '../../../ir/geometry.ts';
import type { Tile } from './tiles.ts';

/** What a sliding window meets: which pixel of the tile it reads for which of the tile that it makes. */
export interface WindowGeometry {
  readonly window: SlidingWindow;
  /** Whole maps. */
  readonly inputShape: MapShape;
  readonly inputTile: Tile;
  readonly outputTile: Tile;
}

/**
 * Calls `visit` with the pixels of output and input and the position in the kernel, for every pair that meets inside the
 * input map.
 */
export function forEachPair(
  { window, inputShape, inputTile, outputTile }: WindowGeometry,
  visit: (outputPixel: number, inputPixel: number, kernelPosition: number) => void,
): void {
  const { kernel, stride, dilation, padding } = window;
  const inputColumns = inputTile.columns.to - inputTile.columns.from;
  let outputPixel = 0;
  for (let y = outputTile.rows.from; y < outputTile.rows.to; y++) {
    for (let x = outputTile.columns.from; x < outputTile.columns.to; x++, outputPixel++) {
      for (let ky = 0; ky < kernel.h; ky++) {
        const row = y * stride.h - padding.top + ky * dilation.h;
        if (row < 0 || row >= inputShape.h) continue;
        const rowStart = (row - inputTile.rows.from) * inputColumns - inputTile.columns.from;
        for (let kx = 0; kx < kernel.w; kx++) {
          const column = x * stride.w - padding.left + kx * dilation.w;
          if (column >= 0 && column < inputShape.w) visit(outputPixel, rowStart + column, ky * kernel.w + kx);
        }
      }
    }
  }
}

/** What each output pixel reads as a row of kernel positions × channels; zeros outside the map. */
export function gatherPatches(geometry: WindowGeometry, input: Float32Array, patches: Float32Array): void {
  const { c } = geometry.inputShape;
  const { kernel } = geometry.window;
  const taps = kernel.h * kernel.w * c;
  patches.fill(0);
  forEachPair(geometry, (outputPixel, inputPixel, position) => {
    const to = outputPixel * taps + position * c;
    const from = inputPixel * c;
    for (let i = 0; i < c; i++) patches[to + i] = input[from + i]!;
  });
}

/** Adds the gradients of patches to those of the pixels that they are made of. */
export function addPatchGradients(
  geometry: WindowGeometry,
  patchGradients: Float32Array,
  inputGradients: Float32Array,
): void {
  const { c } = geometry.inputShape;
  const { kernel } = geometry.window;
  const taps = kernel.h * kernel.w * c;
  forEachPair(geometry, (outputPixel, inputPixel, position) => {
    const from = outputPixel * taps + position * c;
    const to = inputPixel * c;
    for (let i = 0; i < c; i++) inputGradients[to + i]! += patchGradients[from + i]!;
  });
}

/** Output channel c·multiplier + m reads input channel c. Weights: kernel positions × output channels. */
export function applyDepthwise(
  geometry: WindowGeometry,
  multiplier: number,
  input: Float32Array,
  weights: Float32Array,
  bias: Float32Array,
  output: Float32Array,
): void {
  const { c } = geometry.inputShape;
  const outputs = c * multiplier;
  for (let i = 0; i < output.length; i += outputs) output.set(bias, i);
  forEachPair(geometry, (outputPixel, inputPixel, position) => {
    const [to, from, w] = [outputPixel * outputs, inputPixel * c, position * outputs];
    if (multiplier === 1) {
      for (let i = 0; i < c; i++) output[to + i]! += input[from + i]! * weights[w + i]!;
      return;
    }
    for (let o = 0; o < outputs; o++) {
      output[to + o]! += input[from + Math.floor(o / multiplier)]! * weights[w + o]!;
    }
  });
}

/** Adds to the gradients of the weights, the bias and, where wanted, the input. */
export function addDepthwiseGradients(
  geometry: WindowGeometry,
  multiplier: number,
  input: Float32Array,
  weights: Float32Array,
  gradients: Float32Array,
  into: {
    readonly weights: Float32Array;
    readonly bias: Float32Array;
    readonly input: Float32Array | null;
  },
): void {
  const { c } = geometry.inputShape;
  const outputs = c * multiplier;
  for (let i = 0; i < gradients.length; i += outputs) {
    for (let o = 0; o < outputs; o++) into.bias[o]! += gradients[i + o]!;
  }
  forEachPair(geometry, (outputPixel, inputPixel, position) => {
    const [from, to, w] = [outputPixel * outputs, inputPixel * c, position * outputs];
    for (let o = 0; o < outputs; o++) {
      const gradient = gradients[from + o]!;
      if (gradient === 0) continue;
      const i = to + (multiplier === 1 ? o : Math.floor(o / multiplier));
      into.weights[w + o]! += gradient * input[i]!;
      if (into.input !== null) into.input[i]! += gradient * weights[w + o]!;
    }
  });
}
