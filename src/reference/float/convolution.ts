import * as tf from '@tensorflow/tfjs-core';
import { realValues } from '../../ir/constant.ts';
import {
  inputOf,
  type Clamp,
  type Constant,
  type ConvNode,
  type DepthwiseNode,
  type Graph,
} from '../../ir/graph.ts';
import type { Padding, SlidingWindow } from '../../ir/geometry.ts';
import type { PreparedOp } from './prepared-op.ts';

/** Padding as TensorFlow.js wants it, on all four axes. */
export function explicitPadding(padding: Padding): tf.backend_util.ExplicitPadding {
  return [
    [0, 0],
    [padding.top, padding.bottom],
    [padding.left, padding.right],
    [0, 0],
  ];
}

/** An activation that the kernels apply by themselves, for the clamps that have one. */
export function fusedActivation(clamp: Clamp): 'linear' | 'relu' | 'relu6' | null {
  if (clamp.min === -Infinity && clamp.max === Infinity) return 'linear';
  if (clamp.min !== 0) return null;
  return clamp.max === Infinity ? 'relu' : clamp.max === 6 ? 'relu6' : null;
}

/** Applies a clamp that the kernel before could not. */
export function applyClamp<T extends tf.Tensor>(x: T, clamp: Clamp): T {
  return fusedActivation(clamp) === null ? tf.clipByValue(x, clamp.min, clamp.max) : x;
}

/** Applies a clamp after a kernel that fuses none. */
export function clipTo(x: tf.Tensor, clamp: Clamp): tf.Tensor4D {
  const isNone = clamp.min === -Infinity && clamp.max === Infinity;
  return (isNone ? x : tf.clipByValue(x, clamp.min, clamp.max)) as tf.Tensor4D;
}

export function biasTensor(bias: Constant | null, channels: number): tf.Tensor1D {
  return bias === null ? tf.zeros([channels]) : tf.tensor1d(realValues(bias));
}

/**
 * Runs a fused convolution kernel. The public operators refuse a stride together with a dilation, and explicit padding
 * for depthwise; the kernels take both.
 */
function runFused(
  kernel: typeof tf.FusedConv2D | typeof tf.FusedDepthwiseConv2D,
  inputs: { readonly x: tf.Tensor; readonly filter: tf.Tensor; readonly bias: tf.Tensor },
  window: SlidingWindow,
  clamp: Clamp,
): tf.Tensor4D {
  const attributes = {
    strides: [window.stride.h, window.stride.w],
    dilations: [window.dilation.h, window.dilation.w],
    pad: explicitPadding(window.padding),
    dataFormat: 'NHWC',
    activation: fusedActivation(clamp) ?? 'linear',
  };
  return applyClamp(tf.engine().runKernel<tf.Tensor4D>(kernel, { ...inputs }, attributes), clamp);
}

export function prepareConv(node: ConvNode): PreparedOp {
  const { window, groups, clamp } = node;
  const [cout = 0, kh = 0, kw = 0, groupInputs = 0] = node.weights.shape;
  const groupOutputs = cout / groups;
  const values = realValues(node.weights);
  const bias = biasTensor(node.bias, cout);
  // [cout, kh, kw, cin] to [kh, kw, cin, cout], a group at a time.
  const parts = tf.tidy(() =>
    Array.from({ length: groups }, (_, group) => {
      const size = groupOutputs * kh * kw * groupInputs;
      const own = tf.tensor4d(values.subarray(group * size, (group + 1) * size), [
        groupOutputs,
        kh,
        kw,
        groupInputs,
      ]);
      return {
        filter: tf.transpose(own, [1, 2, 3, 0]),
        bias: tf.slice1d(bias, group * groupOutputs, groupOutputs),
      };
    }),
  );
  bias.dispose();
  return {
    constants: parts.flatMap((part) => [part.filter, part.bias]),
    run: ([x]) => {
      const outputs = parts.map((part, group) => {
        const own =
          groups === 1 ? x : tf.slice4d(x, [0, 0, 0, group * groupInputs], [-1, -1, -1, groupInputs]);
        return runFused(tf.FusedConv2D, { x: own, ...part }, window, clamp);
      });
      return tf.concat4d(outputs, 3);
    },
  };
}

export function prepareDepthwise(node: DepthwiseNode, graph: Graph): PreparedOp {
  const channels = inputOf(graph, node).shape.c;
  const { window, multiplier, clamp } = node;
  const { kernel } = window;
  const filter = tf.tensor4d(realValues(node.weights), [kernel.h, kernel.w, channels, multiplier]);
  const bias = biasTensor(node.bias, channels * multiplier);
  return {
    constants: [filter, bias],
    run: ([x]) => runFused(tf.FusedDepthwiseConv2D, { x, filter, bias }, window, clamp),
  };
}
