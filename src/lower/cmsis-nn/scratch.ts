import type { MapShape, SlidingWindow } from '../../ir/geometry.ts';
import type { CpuFeatures } from '../../ir/target.ts';
import { ceilDiv } from '../../util/math.ts';

/**
 * Scratch that functions of CMSIS-NN ask for, in bytes, by the extension that the library is built for. The harness compares them
 * with the library's own `…_get_buffer_size` at every call.
 */

/** arm_convolve_wrapper_s8_get_buffer_size: none for 1×1 kernels, one or four columns of an image else. */
export function convScratch(
  { mve }: CpuFeatures,
  window: SlidingWindow,
  input: MapShape,
  output: MapShape,
): number {
  const { kernel, padding } = window;
  if (isOnePixel(window)) return 0;
  const values = kernel.h * kernel.w * input.c;
  const whole = mve ? 4 * 16 * ceilDiv(values, 16) : 2 * 2 * 4 * ceilDiv(values, 4);
  const split = mve ? splitOneRow(window, input, output) : null;
  if (split === null) return whole;

  // arm_convolve_1_x_n_s8_get_buffer_size_mve
  const { oddPad, right } = split;
  const leftBytes = padding.left * input.c;
  const rightBytes = oddPad !== 0 ? right * input.c : leftBytes;
  const taps = kernel.w * input.c;
  return Math.max(taps + leftBytes, taps - input.c + rightBytes);
}

/** arm_convolve_wrapper_s4_get_buffer_size: none for 1×1 kernels, two or four columns of an image else. */
export function narrowConvScratch(
  { mve }: CpuFeatures,
  window: SlidingWindow,
  input: MapShape,
  output: MapShape,
): number {
  if (isOnePixel(window)) return 0;
  const values = window.kernel.h * window.kernel.w * input.c;
  if (!mve) return 2 * 2 * values;
  return splitOneRow(window, input, output) === null ? 4 * 16 * ceilDiv(values, 16) : 0;
}

/** arm_nn_is_convolve_1x1 */
function isOnePixel({ kernel, dilation, padding }: SlidingWindow): boolean {
  const isPadded = padding.top > 0 || padding.left > 0;
  const isDilated = dilation.h > 1 || dilation.w > 1;
  return !isPadded && !isDilated && kernel.h === 1 && kernel.w === 1;
}

/**
 * Whether arm_convolve_1_x_n computes a layer, or part of one, of one row: with vectors it takes padding of as much at the right as at
 * the left, or of one column more, and in its form for weights of 4 bits columns between the padded ones.
 */
export function takesOneRow(
  { mve }: CpuFeatures,
  window: SlidingWindow,
  input: MapShape,
  output: MapShape,
  isNarrow: boolean,
): boolean {
  if (!mve || isOnePixel(window) || !isOneRow(window, input)) return true;
  const total = totalPadding(window, input, output);
  if (2 * window.padding.left + (total % 2) !== total) return false;
  return !isNarrow || splitOneRow(window, input, output) !== null;
}

function isOneRow({ kernel, stride, dilation }: SlidingWindow, input: MapShape): boolean {
  return input.h === 1 && dilation.w === 1 && kernel.h === 1 && (stride.w * input.c) % 4 === 0;
}

function totalPadding({ kernel, stride }: SlidingWindow, input: MapShape, output: MapShape): number {
  return (output.w - 1) * stride.w + kernel.w - input.w;
}

/** How a window over a map of one row is split into its padded ends and what lies between; null where it is not. */
function splitOneRow(
  window: SlidingWindow,
  input: MapShape,
  output: MapShape,
): { readonly oddPad: number; readonly right: number } | null {
  if (!isOneRow(window, input)) return null;
  const { stride, padding } = window;
  const oddPad = totalPadding(window, input, output) % 2;
  const columns = (pad: number): number => Math.max(1, Math.trunc((pad + stride.w - 1) / stride.w));
  const right = padding.left + oddPad !== 0 ? columns(padding.left + oddPad) : 0;
  const left = padding.left !== 0 ? columns(padding.left) : 0;
  const middle = Math.max(output.w - (right + left), 0);
  return right + middle + left === output.w ? { oddPad, right } : null;
}

/** arm_depthwise_conv_wrapper_s4_get_buffer_size, of more than one input channel. */
export function narrowDepthwiseScratch(
  { mve }: CpuFeatures,
  { kernel, dilation }: SlidingWindow,
  multiplier: number,
  input: MapShape,
): number {
  if (multiplier !== 1 || dilation.h > 1 || dilation.w > 1) return 0;
  const taps = kernel.h * kernel.w;
  return mve ? 4 * DEPTHWISE_BLOCK * taps : 2 * input.c * taps;
}

/** Channels that arm_depthwise_conv_s8_opt takes at once with vectors. */
const DEPTHWISE_BLOCK = 124;

/** arm_depthwise_conv_wrapper_s8_get_buffer_size, of more than one input channel. */
export function depthwiseScratch(
  { mve, dsp }: CpuFeatures,
  { kernel, dilation, padding }: SlidingWindow,
  multiplier: number,
  input: MapShape,
): number {
  const taps = kernel.h * kernel.w;
  if (multiplier !== 1 || dilation.h > 1 || dilation.w > 1) return 0;
  if (mve) return 4 * DEPTHWISE_BLOCK * taps;
  if (kernel.h === 3 && kernel.w === 3 && padding.top <= 1 && padding.left <= 1) return 0;
  return dsp ? 2 * input.c * taps : 0;
}

/** arm_fully_connected_s8_get_buffer_size: with vectors a sum of weights for each channel. */
export function denseScratch({ mve }: CpuFeatures, channels: number): number {
  return mve ? 4 * channels : 0;
}

/** arm_avgpool_s8_get_buffer_size */
export function averageScratch({ mve, dsp }: CpuFeatures, channels: number): number {
  return dsp && !mve ? 4 * channels : 0;
}
