import {
  slidingOutputShape,
  type Extent,
  type MapShape,
  type Padding,
  type SlidingWindow,
} from '../../../ir/geometry.ts';
import { NO_CLAMP, type Clamp } from '../../../ir/graph.ts';
import { samePadding } from '../../build/sliding.ts';
import type { Conversion } from '../conversion.ts';
import type { Activation, OptionsOf, PaddingScheme } from '../options.ts';
import type { TfliteOperator } from '../schema.ts';

type SlidingOptions = OptionsOf<'Conv2D' | 'DepthwiseConv2D' | 'Pool2D'>;

const CLAMPS: Readonly<Record<Exclude<Activation, 'tanh' | 'sign_bit'>, Clamp>> = {
  none: NO_CLAMP,
  relu: { min: 0, max: Infinity },
  relu_n1_to_1: { min: -1, max: 1 },
  relu6: { min: 0, max: 6 },
};

/** A fused activation as limits. */
export function clampOf(conversion: Conversion, operator: TfliteOperator, activation: Activation): Clamp {
  if (activation === 'tanh' || activation === 'sign_bit') {
    return conversion.unsupported(
      operator,
      `it has the fused activation ${activation}`,
      'make the activation an operator of its own',
    );
  }
  return CLAMPS[activation];
}

/** The window of a sliding operator, its SAME or VALID padding made explicit for `input`. */
export function windowFrom(
  conversion: Conversion,
  operator: TfliteOperator,
  input: MapShape,
  kernel: Extent,
  options: SlidingOptions,
): SlidingWindow {
  const stride = { h: options.strideH, w: options.strideW };
  const dilation =
    options.table === 'Pool2D' ? { h: 1, w: 1 } : { h: options.dilationH, w: options.dilationW };
  if ([stride, dilation, kernel].some((extent) => extent.h < 1 || extent.w < 1)) {
    conversion.damaged(operator, 'a kernel, stride or dilation below 1');
  }
  const [top, bottom] = padAxis(options.padding, input.h, kernel.h, stride.h, dilation.h);
  const [left, right] = padAxis(options.padding, input.w, kernel.w, stride.w, dilation.w);
  const padding: Padding = { top, bottom, left, right };
  const window = { kernel, stride, dilation, padding };
  const { h, w } = slidingOutputShape(input, window, 1);
  if (h < 1 || w < 1) {
    conversion.unsupported(
      operator,
      'its kernel is larger than its input',
      'give the model a larger input, or pad it',
    );
  }
  return window;
}

/** Rows (or columns) before and after the input. */
function padAxis(
  scheme: PaddingScheme,
  input: number,
  kernel: number,
  stride: number,
  dilation: number,
): readonly [number, number] {
  return scheme === 'valid' ? [0, 0] : samePadding(input, kernel, stride, dilation);
}
