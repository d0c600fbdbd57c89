import type { MapValue } from '../../build/graph-builder.ts';
import {
  addBatchNorm,
  addConv,
  addDense,
  addDepthwise,
  addScale,
  addTransposedConv,
  type Weights,
} from '../../build/layers.ts';
import { addLimits, addPointwise } from '../../build/maps.ts';
import { NO_PADDING, samePaddingBefore, type PaddingScheme, type Sliding } from '../../build/sliding.ts';
import type { NodeCall } from '../node-call.ts';
import type { Value } from '../value.ts';
import { mapValue, perChannel } from './arithmetic.ts';

/** Conv2D and _FusedConv2D; weights [kh, kw, cin / groups, cout]. */
export function convertConv(call: NodeCall): Value {
  call.requireChannelsLast();
  const output = addConv(call.builder, call.site, call.map(0), weights(call, 1), null, slidingOf(call));
  return mapValue(applyFused(call, output));
}

/** DepthwiseConv2dNative and FusedDepthwiseConv2dNative; weights [kh, kw, channels, multiplier]. */
export function convertDepthwise(call: NodeCall): Value {
  call.requireChannelsLast();
  const output = addDepthwise(call.builder, call.site, call.map(0), weights(call, 1), null, slidingOf(call));
  return mapValue(applyFused(call, output));
}

/** Conv2DBackpropInput, a transposed convolution: the shape of its output, weights [kh, kw, cout, cin], the map. */
export function convertTransposed(call: NodeCall): Value {
  call.requireChannelsLast();
  const { stride, dilation, padding } = slidingOf(call);
  if (dilation.h !== 1 || dilation.w !== 1) call.unsupported('it is dilated', 'use a dilation of 1');
  const shape = call.integers(0);
  const [h, w] = shape.length === 2 ? shape : shape.slice(1, 3);
  const kernel = weights(call, 1);
  const [kh = 0, kw = 0] = kernel.shape;
  const extent = { h: h ?? 0, w: w ?? 0 };
  const before =
    padding === 'same'
      ? { top: samePaddingBefore(extent.h, kh, stride.h), left: samePaddingBefore(extent.w, kw, stride.w) }
      : padding === 'valid'
        ? NO_PADDING
        : padding;
  const output = { extent, top: before.top, left: before.left };
  const made = addTransposedConv(call.builder, call.site, call.map(2), kernel, null, stride, output);
  return mapValue(made);
}

/** MatMul and _FusedMatMul of a map and weights [inputs, outputs]. */
export function convertMatMul(call: NodeCall): Value {
  if (call.flag('transpose_a') || call.flag('adj_x')) {
    call.unsupported('it transposes its first input', 'multiply maps by weights only');
  }
  const stored = weights(call, 1);
  const kernel = call.flag('transpose_b') || call.flag('adj_y') ? transpose(call, stored) : stored;
  return mapValue(applyFused(call, addDense(call.builder, call.site, call.map(0), kernel, null)));
}

/** BiasAdd: one number for each channel. */
export function convertBiasAdd(call: NodeCall): Value {
  call.requireChannelsLast();
  return mapValue(addBias(call, call.map(0), 1));
}

/** FusedBatchNorm, V2 and V3, at inference. */
export function convertBatchNorm(call: NodeCall): Value {
  call.requireChannelsLast();
  const [gamma, beta, mean, variance] = [1, 2, 3, 4].map((slot) => call.constant(slot).data);
  if (
    gamma === undefined ||
    beta === undefined ||
    mean === undefined ||
    variance === undefined ||
    mean.length === 0
  ) {
    return call.unsupported('it is in training mode', 'export the model for inference');
  }
  const epsilon = call.number('epsilon', 1e-4);
  const norm = { gamma, beta, mean, variance, epsilon };
  return mapValue(addBatchNorm(call.builder, call.site, call.map(0), norm));
}

/** What the nodes that TensorFlow's optimizer fuses into a layer do to its result, in order. */
function applyFused(call: NodeCall, output: MapValue): MapValue {
  let slot = 2;
  return call.texts('fused_ops').reduce((value, op) => {
    const { builder } = call;
    switch (op) {
      case 'BiasAdd':
        return addBias(call, value, slot++);
      case 'Relu':
        return addLimits(builder, call.part(op), value, { min: 0, max: Infinity });
      case 'Relu6':
        return addLimits(builder, call.part(op), value, { min: 0, max: 6 });
      case 'Elu':
        return addPointwise(builder, call.part(op), value, { name: 'elu' });
      case 'Sigmoid':
        return addPointwise(builder, call.part(op), value, { name: 'sigmoid' });
      case 'LeakyRelu':
        return addPointwise(builder, call.part(op), value, {
          name: 'leaky-relu',
          slope: call.number('leakyrelu_alpha', 0.2),
        });
      default:
        return call.unsupported(`it has ${op} fused into it`, 'export the model without graph optimizations');
    }
  }, output);
}

function addBias(call: NodeCall, value: MapValue, slot: number): MapValue {
  const offset = perChannel(call, value, call.constant(slot));
  const ones = call.builder.allocate(call.site, offset.length).fill(1);
  return addScale(call.builder, call.part('bias'), value, ones, offset);
}

function weights(call: NodeCall, slot: number): Weights {
  const { shape, data } = call.constant(slot);
  return { shape, data };
}

function transpose(call: NodeCall, { shape, data }: Weights): Weights {
  const [rows = 0, columns = 0] = shape;
  const transposed = call.builder
    .allocate(call.site, data.length)
    .map((_, i) => data[(i % rows) * columns + Math.floor(i / rows)]!);
  return { shape: [columns, rows], data: transposed };
}

/** Strides, dilations and padding of a sliding node, whose lists have an entry for each axis. */
export function slidingOf(call: NodeCall): Sliding {
  const [, strideH = 1, strideW = 1] = call.numbers('strides');
  const [, dilationH = 1, dilationW = 1] = call.numbers('dilations');
  if (call.dilated !== null) {
    const isPlain =
      call.text('padding') === 'VALID' && [strideH, strideW, dilationH, dilationW].every((n) => n === 1);
    if (!isPlain)
      call.unsupported('it strides, dilates or pads in the batches', 'export it with its dilation');
    return { stride: { h: 1, w: 1 }, ...call.dilated };
  }
  return {
    stride: { h: strideH, w: strideW },
    dilation: { h: dilationH, w: dilationW },
    padding: paddingOf(call),
  };
}

function paddingOf(call: NodeCall): PaddingScheme {
  const scheme = call.text('padding');
  if (scheme === 'SAME') return 'same';
  if (scheme !== 'EXPLICIT') return 'valid';
  const [, , top, bottom, left, right] = call.numbers('explicit_paddings');
  const padding = { top: top ?? 0, bottom: bottom ?? 0, left: left ?? 0, right: right ?? 0 };
  return Object.values(padding).every((amount) => amount === 0) ? NO_PADDING : padding;
}
