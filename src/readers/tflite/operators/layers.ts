import { fail } from '../../../diagnostics/diagnostic.ts';
import { elementCount, slidingOutputShape, type Extent, type SlidingWindow } from '../../../ir/geometry.ts';
import type { Constant, Tensor } from '../../../ir/graph.ts';
import type { Conversion } from '../conversion.ts';
import { formatDimensions } from '../layout.ts';
import type { OptionsOf } from '../options.ts';
import type { TfliteOperator, TfliteTensor } from '../schema.ts';
import type { Batched } from '../value.ts';
import { dilatedBy } from './batches.ts';
import { clampOf, windowFrom } from './window.ts';

/** CONV_2D; weights [cout, kh, kw, cin / groups]. */
export function convertConv(conversion: Conversion, operator: TfliteOperator): void {
  const { input, batched } = windowInput(conversion, operator);
  const options = conversion.options(operator, 'Conv2D');
  const file = conversion.input(operator, 1);
  const [cout, kh, kw, groupChannels] = weightShape(conversion, operator, file);
  if (input.shape.c % groupChannels !== 0 || cout % (input.shape.c / groupChannels) !== 0) {
    conversion.damaged(
      operator,
      `${input.shape.c} channels do not go into weights ${formatDimensions(file.shape)}`,
    );
  }
  const kernel = { h: kh, w: kw };
  const { window, output } = slidOver(conversion, operator, input, kernel, options, batched);
  const weights = readWeights(conversion, operator, input, file.shape, 0, 0);
  const made = slidingOutputShape(input.shape, window, cout);
  conversion.emitFrom(
    operator,
    [input],
    {
      kind: 'conv',
      window,
      groups: input.shape.c / groupChannels,
      weights,
      bias: readBias(conversion, operator, input, weights, cout),
      clamp: clampOf(conversion, operator, options.activation),
    },
    conversion.declareMap(output, made),
    made,
  );
}

/** DEPTHWISE_CONV_2D; weights [1, kh, kw, channels · multiplier]. */
export function convertDepthwise(conversion: Conversion, operator: TfliteOperator): void {
  const { input, batched } = windowInput(conversion, operator);
  const options = conversion.options(operator, 'DepthwiseConv2D');
  const file = conversion.input(operator, 1);
  const [one, kh, kw, cout] = weightShape(conversion, operator, file);
  if (one !== 1 || cout % input.shape.c !== 0) {
    conversion.damaged(
      operator,
      `${input.shape.c} channels do not go into weights ${formatDimensions(file.shape)}`,
    );
  }
  const kernel = { h: kh, w: kw };
  const { window, output } = slidOver(conversion, operator, input, kernel, options, batched);
  const weights = readWeights(conversion, operator, input, [kh, kw, cout], 2, 3);
  const made = slidingOutputShape(input.shape, window, cout);
  conversion.emitFrom(
    operator,
    [input],
    {
      kind: 'depthwise',
      window,
      multiplier: cout / input.shape.c,
      weights,
      bias: readBias(conversion, operator, input, weights, cout),
      clamp: clampOf(conversion, operator, options.activation),
    },
    conversion.declareMap(output, made),
    made,
  );
}

/** The map that a convolution reads, and how it was taken apart where it was. */
function windowInput(conversion: Conversion, operator: TfliteOperator) {
  const value = conversion.valueOf(conversion.input(operator, 0));
  return value?.kind === 'batched'
    ? { input: value.map, batched: value }
    : { input: conversion.map(operator, 0), batched: null };
}

/** The window of a convolution and what it writes; that of a map taken apart is dilated by the blocks. */
function slidOver(
  conversion: Conversion,
  operator: TfliteOperator,
  input: Tensor,
  kernel: Extent,
  options: OptionsOf<'Conv2D' | 'DepthwiseConv2D'>,
  batched: Batched | null,
): { readonly window: SlidingWindow; readonly output: TfliteTensor } {
  if (batched === null) {
    const window = windowFrom(conversion, operator, input.shape, kernel, options);
    return { window, output: conversion.outputTensor(operator) };
  }
  const { strideH, strideW, dilationH, dilationW, padding: scheme } = options;
  const isPlain = [strideH, strideW, dilationH, dilationW].every((value) => value === 1);
  const { output, padding } = dilatedBy(conversion, operator, batched);
  const window: SlidingWindow = { kernel, stride: { h: 1, w: 1 }, dilation: batched.block, padding };
  const { h, w } = slidingOutputShape(input.shape, window, 1);
  if (!isPlain || scheme !== 'valid' || h < 1 || w < 1) {
    conversion.unsupported(
      operator,
      'it strides, dilates or pads what SPACE_TO_BATCH_ND has taken apart',
      'export the convolution with its dilation, or without one',
    );
  }
  return { window, output };
}

/** FULLY_CONNECTED over the flattened input; weights [cout, inputs]. */
export function convertDense(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  const options = conversion.options(operator, 'FullyConnected');
  const { shape } = conversion.input(operator, 1);
  const [cout, depth] = shape;
  if (options.isShuffled) {
    conversion.unsupported(
      operator,
      'its weights are shuffled (4x16)',
      'export it with weights in the default order',
    );
  }
  if (shape.length !== 2 || cout === undefined || cout < 1) {
    return conversion.damaged(operator, `weights of shape ${formatDimensions(shape)}`);
  }
  if (elementCount(input.shape) !== depth) {
    conversion.unsupported(
      operator,
      `${elementCount(input.shape)} values go into weights ${formatDimensions(shape)}`,
      'flatten the map before the layer; a layer applied to each row is a 1x1 convolution',
    );
  }
  const weights = readWeights(conversion, operator, input, shape, 0, 0);
  conversion.emit(
    operator,
    [input],
    {
      kind: 'dense',
      weights,
      bias: readBias(conversion, operator, input, weights, cout),
      clamp: clampOf(conversion, operator, options.activation),
    },
    { h: 1, w: 1, c: cout },
  );
}

export function weightShape(
  conversion: Conversion,
  operator: TfliteOperator,
  { shape }: TfliteTensor,
): readonly [number, number, number, number] {
  const [a, b, c, d] = shape;
  if (
    shape.length !== 4 ||
    a === undefined ||
    b === undefined ||
    c === undefined ||
    d === undefined ||
    Math.min(a, b, c, d) < 1
  ) {
    return conversion.damaged(operator, `weights of shape ${formatDimensions(shape)}`);
  }
  return [a, b, c, d];
}

/** The weights in input 1, under `shape`; their output channels run along `channelAxis` of it and along `fileAxis` in the file. */
export function readWeights(
  conversion: Conversion,
  operator: TfliteOperator,
  input: Tensor,
  shape: readonly number[],
  channelAxis: number,
  fileAxis: number,
): Constant {
  const reals = conversion.realConstant(operator, 1);
  const file = conversion.input(operator, 1);
  if (reals !== null) {
    if (input.quantization !== null) fail('QM208', conversion.place(operator), { op: operator.op });
    return { ...reals, shape };
  }
  if (conversion.valueOf(file) !== null) {
    return conversion.unsupported(
      operator,
      'its weights are computed at run time',
      'make them constants of the model',
    );
  }
  // Of dynamic-range and int16 models the weights are integers, but nothing that they multiply is of 8 bits.
  if (input.quantization === null) return { ...conversion.constants.readReals(file), shape };
  return conversion.constants.readWeights(file, shape, channelAxis, fileAxis);
}

/** The bias in input `slot`; null where the operator has none. */
export function readBias(
  conversion: Conversion,
  operator: TfliteOperator,
  input: Tensor,
  weights: Constant,
  cout: number,
  slot = 2,
): Constant | null {
  const file = conversion.optionalInput(operator, slot);
  if (file === null) return null;
  const bias =
    input.quantization === null
      ? (conversion.realConstant(operator, slot) ?? conversion.constants.readReals(file))
      : conversion.constants.readBias(file, input.quantization, weights);
  if (bias.data.length !== cout)
    conversion.damaged(operator, `${bias.data.length} biases for ${cout} channels`);
  return { ...bias, shape: [cout] };
}
