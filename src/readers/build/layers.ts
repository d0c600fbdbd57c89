import { slidingOutputShape, type Extent } from '../../ir/geometry.ts';
import { NO_CLAMP, type Clamp, type FloatConstant } from '../../ir/graph.ts';
import { extentsOf, type NodeBuilder, type MapValue, type Site } from './graph-builder.ts';
import { SEES_PADDING_ONLY } from '../refusals.ts';
import { addRearranged, requireCountable } from './places.ts';
import { POINT, windowOver, type Sliding } from './sliding.ts';
import { placedTaps, transposedAsConvolution } from './transposed.ts';

/** Weights as a model file lays them out. */
export interface Weights {
  readonly shape: readonly number[];
  readonly data: Float32Array;
}

/** Convolution; `kernel` is [kh, kw, cin / groups, cout]. */
export function addConv(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  kernel: Weights,
  bias: Weights | null,
  sliding: Sliding,
): MapValue {
  const [kh, kw, groupInputs, cout] = kernelShape(builder, site, kernel);
  const { shape } = input.tensor;
  const groups = shape.c / groupInputs;
  if (!Number.isInteger(groups) || cout % groups !== 0) refuseChannels(builder, site, input, kernel);
  const window = windowOver(builder, site, shape, { h: kh, w: kw }, sliding);
  return builder.emit(
    site,
    [input],
    {
      kind: 'conv',
      window,
      groups,
      weights: constant(
        [cout, kh, kw, groupInputs],
        outputsFirst(kernel.data, cout, builder.allocate(site, kernel.data.length)),
      ),
      bias: biasOf(builder, site, bias, cout),
      clamp: NO_CLAMP,
    },
    extentsOf(slidingOutputShape(shape, window, cout), input.extents.length),
  );
}

/** Depthwise convolution; `kernel` is [kh, kw, channels, multiplier]. */
export function addDepthwise(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  kernel: Weights,
  bias: Weights | null,
  sliding: Sliding,
): MapValue {
  const [kh, kw, channels, multiplier] = kernelShape(builder, site, kernel);
  const { shape } = input.tensor;
  if (channels !== shape.c) refuseChannels(builder, site, input, kernel);
  const window = windowOver(builder, site, shape, { h: kh, w: kw }, sliding);
  const cout = channels * multiplier;
  return builder.emit(
    site,
    [input],
    {
      kind: 'depthwise',
      window,
      multiplier,
      weights: constant([kh, kw, cout], kernel.data),
      bias: biasOf(builder, site, bias, cout),
      clamp: NO_CLAMP,
    },
    extentsOf(slidingOutputShape(shape, window, cout), input.extents.length),
  );
}

/**
 * Transposed convolution; `kernel` is [kh, kw, cout, cin]. `output` has the rows and columns that it makes, and those that
 * a forward convolution would pad before them.
 */
export function addTransposedConv(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  kernel: Weights,
  bias: Weights | null,
  stride: Extent,
  output: { readonly extent: Extent; readonly top: number; readonly left: number },
): MapValue {
  const [kh, kw, cout, cin] = kernelShape(builder, site, kernel);
  const { shape } = input.tensor;
  if (cin !== shape.c) refuseChannels(builder, site, input, kernel);
  requireCountable(builder, site, [output.extent.h, output.extent.w, cout * stride.h * stride.w]);
  const cropped = { top: output.top, left: output.left };
  const isPositive = [kh, kw, stride.h, stride.w, output.extent.h, output.extent.w].every(
    (value) => Number.isSafeInteger(value) && value >= 1,
  );
  if (!isPositive) builder.damaged(site, 'a kernel, stride or output below 1');
  const transposed = { kernel: { h: kh, w: kw }, stride, cropped, output: output.extent, cout };
  const conv = transposedAsConvolution(shape, transposed);
  if (conv === null) {
    return builder.unsupported(site, SEES_PADDING_ONLY, 'give it the padding SAME or VALID');
  }
  const { window, channels, made, spread } = conv;
  const { h, w } = window.kernel;
  const data = builder.allocate(site, channels * h * w * cin);
  for (const { at, tap } of placedTaps(conv, cin)) {
    const from = ((tap.y * kw + tap.x) * cout + tap.cout) * cin;
    data.set(kernel.data.subarray(from, from + cin), at);
  }
  const own = biasOf(builder, site, bias, cout);
  const repeated =
    own &&
    constant(
      [channels],
      builder.allocate(site, channels).map((_, c) => own.data[c % cout]!),
    );
  const rank = input.extents.length;
  const draft = {
    kind: 'conv',
    window,
    groups: 1,
    weights: constant([channels, h, w, cin], data),
    bias: repeated,
    clamp: NO_CLAMP,
  } as const;
  const blocks = builder.emit(
    spread === null ? site : { ...site, name: `${site.name}/blocks` },
    [input],
    draft,
    extentsOf(made, rank),
  );
  return spread === null ? blocks : addRearranged(builder, site, blocks, spread);
}

/** Fully connected layer over the last axis; `kernel` is [inputs, outputs]. Over a map with rows it is a 1×1 convolution. */
export function addDense(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  kernel: Weights,
  bias: Weights | null,
): MapValue {
  const [inputs, outputs] = kernel.shape;
  if (kernel.shape.length !== 2 || inputs === undefined || outputs === undefined || outputs < 1) {
    return builder.damaged(site, `weights of shape [${kernel.shape.join(', ')}]`);
  }
  if (inputs !== input.extents.at(-1)) refuseChannels(builder, site, input, kernel);
  if (input.extents.length > 1) {
    return addConv(builder, site, input, { ...kernel, shape: [1, 1, inputs, outputs] }, bias, {
      ...POINT,
      padding: 'valid',
    });
  }
  return builder.emit(
    site,
    [input],
    {
      kind: 'dense',
      weights: constant(
        [outputs, inputs],
        outputsFirst(kernel.data, outputs, builder.allocate(site, kernel.data.length)),
      ),
      bias: biasOf(builder, site, bias, outputs),
      clamp: NO_CLAMP,
    },
    [outputs],
  );
}

/**
 * factor · x + offset for each channel, limited to `clamp`: a depthwise convolution of one value. Normalising folds it into
 * its neighbours where it can.
 */
export function addScale(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  factor: Float32Array,
  offset: Float32Array | null,
  clamp: Clamp = NO_CLAMP,
): MapValue {
  const { c } = input.tensor.shape;
  if (factor.length !== c || (offset !== null && offset.length !== c)) {
    builder.damaged(site, `${factor.length} factors for ${c} channels`);
  }
  return builder.emit(
    site,
    [input],
    {
      kind: 'depthwise',
      window: POINT,
      multiplier: 1,
      weights: constant([1, 1, c], factor),
      bias: offset === null ? null : constant([c], offset),
      clamp,
    },
    input.extents,
  );
}

/** Statistics and parameters of a batch normalization, one of each for a channel; gamma is 1 and beta 0 where null. */
export interface BatchNorm {
  readonly gamma: Float32Array | null;
  readonly beta: Float32Array | null;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly epsilon: number;
}

/** Batch normalization at inference: gamma · (x − mean) / √(variance + epsilon) + beta. */
export function addBatchNorm(builder: NodeBuilder, site: Site, input: MapValue, norm: BatchNorm): MapValue {
  const { gamma, beta, mean, variance, epsilon } = norm;
  const channels = mean.length;
  if ([gamma, beta, variance].some((values) => values !== null && values.length !== channels)) {
    builder.damaged(site, 'its parameters differ in length');
  }
  const factor = variance.map((v, c) => (gamma?.[c] ?? 1) / Math.sqrt(v + epsilon));
  if (!factor.every(Number.isFinite)) {
    builder.unsupported(site, 'a variance is not positive', 'check the training: variances are above 0');
  }
  const offset = mean.map(
    (m, c) => (beta?.[c] ?? 0) - (m * (gamma?.[c] ?? 1)) / Math.sqrt(variance[c]! + epsilon),
  );
  return addScale(builder, site, input, factor, offset);
}

function constant(shape: readonly number[], data: Float32Array): FloatConstant {
  return { kind: 'float', shape, data };
}

/** Fills `transposed` with the transpose of a matrix whose rows are `outputs` long. */
function outputsFirst(data: Float32Array, outputs: number, transposed: Float32Array): Float32Array {
  const inputs = data.length / outputs;
  for (let i = 0; i < inputs; i++)
    for (let o = 0; o < outputs; o++) transposed[o * inputs + i] = data[i * outputs + o]!;
  return transposed;
}

function biasOf(builder: NodeBuilder, site: Site, bias: Weights | null, cout: number): FloatConstant | null {
  if (bias === null) return null;
  if (bias.data.length !== cout) builder.damaged(site, `${bias.data.length} biases for ${cout} channels`);
  return constant([cout], bias.data);
}

function kernelShape(
  builder: NodeBuilder,
  site: Site,
  { shape, data }: Weights,
): readonly [number, number, number, number] {
  const [kh, kw, cin, cout] = shape;
  if (
    shape.length !== 4 ||
    kh === undefined ||
    kw === undefined ||
    cin === undefined ||
    cout === undefined ||
    data.length === 0
  ) {
    return builder.damaged(site, `weights of shape [${shape.join(', ')}]`);
  }
  return [kh, kw, cin, cout];
}

function refuseChannels(builder: NodeBuilder, site: Site, input: MapValue, { shape }: Weights): never {
  const reason = `${input.tensor.shape.c} channels do not go into weights [${shape.join(', ')}]`;
  return builder.damaged(site, reason);
}
