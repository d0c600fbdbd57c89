import { z } from 'zod';
import type { Extent } from '../../../ir/geometry.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import { addConv, addDense, addDepthwise, addTransposedConv, type Weights } from '../../build/layers.ts';
import { POINT, samePaddingBefore, type Sliding } from '../../build/sliding.ts';
import type { LayerCall } from '../layer-call.ts';
import { activation, dataFormat, extent1d, extent2d, flag, padding } from '../options.ts';
import { applyActivation } from './activation.ts';

/** Rows alone (Conv1D), or rows and columns. */
export type Axes = 1 | 2;

const common = z.object({
  padding,
  data_format: dataFormat,
  use_bias: flag.default(true),
  activation,
});
const options = {
  1: common.extend({
    strides: extent1d.default({ h: 1, w: 1 }),
    dilation_rate: extent1d.default({ h: 1, w: 1 }),
  }),
  2: common.extend({
    strides: extent2d.default({ h: 1, w: 1 }),
    dilation_rate: extent2d.default({ h: 1, w: 1 }),
  }),
} as const;
const transposedOptions = {
  1: options[1].extend({ output_padding: extent1d.nullish() }),
  2: options[2].extend({ output_padding: extent2d.nullish() }),
} as const;
const denseOptions = z.object({ use_bias: flag.default(true), activation });

/** Conv1D and Conv2D; weights [k, cin / groups, cout] and [kh, kw, cin / groups, cout]. */
export function convertConv(axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { use_bias, activation } = readOptions(call, axes);
    const kernel = withColumns(call.weight(['kernel'], 0), axes);
    const bias = use_bias ? call.weight(['bias'], 1) : null;
    const output = addConv(call.builder, call.site, call.input, kernel, bias, slidingOf(call, axes, kernel));
    return applyActivation(call, output, activation);
  };
}

/** DepthwiseConv1D and DepthwiseConv2D; weights as for Conv, the last axis the multiplier. */
export function convertDepthwise(axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { use_bias, activation } = readOptions(call, axes);
    const kernel = withColumns(call.weight(['depthwise_kernel', 'kernel'], 0), axes);
    const bias = use_bias ? call.weight(['bias'], 1) : null;
    const output = addDepthwise(
      call.builder,
      call.site,
      call.input,
      kernel,
      bias,
      slidingOf(call, axes, kernel),
    );
    return applyActivation(call, output, activation);
  };
}

/** SeparableConv1D and SeparableConv2D: a depthwise convolution without bias, then a 1×1 one. */
export function convertSeparable(axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { use_bias, activation } = readOptions(call, axes);
    const depthwise = withColumns(call.weight(['depthwise_kernel'], 0), axes);
    const pointwise = withColumns(call.weight(['pointwise_kernel'], 1), axes);
    const bias = use_bias ? call.weight(['bias'], 2) : null;
    const sliding = slidingOf(call, axes, depthwise);
    const middle = addDepthwise(call.builder, call.part('depthwise'), call.input, depthwise, null, sliding);
    const output = addConv(call.builder, call.site, middle, pointwise, bias, { ...POINT, padding: 'valid' });
    return applyActivation(call, output, activation);
  };
}

/** Conv1DTranspose and Conv2DTranspose; weights [k, cout, cin] and [kh, kw, cout, cin]. */
export function convertTransposed(axes: Axes): (call: LayerCall) => MapValue {
  return (call) => {
    const { use_bias, activation } = readOptions(call, axes);
    const { padding, strides, dilation_rate, output_padding } = call.options(transposedOptions[axes]);
    if (dilation_rate.h !== 1 || dilation_rate.w !== 1 || padding === 'causal') {
      return call.unsupported(
        'it is dilated or causal',
        'use a dilation of 1 and the padding "same" or "valid"',
      );
    }
    const kernel = withColumns(call.weight(['kernel'], 0), axes);
    const bias = use_bias ? call.weight(['bias'], 1) : null;
    const along = (axis: 'h' | 'w', extent: number): readonly [number, number] => {
      const taps = kernel.shape[axis === 'h' ? 0 : 1] ?? 0;
      const extra = output_padding === null || output_padding === undefined ? null : output_padding[axis];
      const made = transposedExtent(extent, taps, strides[axis], padding, extra);
      return [made, padding === 'same' ? samePaddingBefore(made, taps, strides[axis]) : 0];
    };
    const { shape } = call.input.tensor;
    const [[h, top], [w, left]] = [along('h', shape.h), axes === 1 ? [1, 0] : along('w', shape.w)] as const;
    const output = { extent: { h, w }, top, left };
    const made = addTransposedConv(call.builder, call.site, call.input, kernel, bias, strides, output);
    return applyActivation(call, made, activation);
  };
}

/** Rows or columns that Keras makes. */
function transposedExtent(
  input: number,
  kernel: number,
  stride: number,
  padding: 'same' | 'valid',
  outputPadding: number | null,
): number {
  if (outputPadding === null)
    return padding === 'same' ? input * stride : input * stride + Math.max(kernel - stride, 0);
  const padded = padding === 'same' ? Math.floor(kernel / 2) : 0;
  return (input - 1) * stride + kernel - 2 * padded + outputPadding;
}

/** Dense; weights [inputs, outputs]. */
export function convertDense(call: LayerCall): MapValue {
  const { use_bias, activation } = call.options(denseOptions);
  const bias = use_bias ? call.weight(['bias'], 1) : null;
  const output = addDense(call.builder, call.site, call.input, call.weight(['kernel'], 0), bias);
  return applyActivation(call, output, activation);
}

function readOptions(call: LayerCall, axes: Axes): z.infer<(typeof options)[Axes]> {
  const read = call.options(options[axes]);
  call.requireChannelsLast(read.data_format);
  call.requireRank(axes + 1);
  return read;
}

function slidingOf(call: LayerCall, axes: Axes, kernel: Weights): Sliding {
  const { padding, strides: stride, dilation_rate: dilation } = call.options(options[axes]);
  if (padding !== 'causal') return { stride, dilation, padding };
  const rows: Extent['h'] = ((kernel.shape[0] ?? 1) - 1) * dilation.h;
  return { stride, dilation, padding: { top: rows, bottom: 0, left: 0, right: 0 } };
}

/** Weights of a layer over rows alone as those of one over rows and one column. */
function withColumns({ shape, data }: Weights, axes: Axes): Weights {
  return axes === 1 && shape.length === 3
    ? { shape: [shape[0]!, 1, shape[1]!, shape[2]!], data }
    : { shape, data };
}
