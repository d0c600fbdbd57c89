import * as tf from '@tensorflow/tfjs-core';
import { elementCount, type MapShape } from '../../ir/geometry.ts';
import {
  inputOf,
  outputOf,
  type DenseNode,
  type Graph,
  type Node,
  type NodeKind,
  type NodeOf,
  type PoolNode,
} from '../../ir/graph.ts';
import { evaluatePointwise, type PointwiseFunction } from '../../ir/pointwise.ts';
import { realValues } from '../../ir/constant.ts';
import { assert } from '../../util/never.ts';
import {
  applyClamp,
  clipTo,
  biasTensor,
  explicitPadding,
  fusedActivation,
  prepareConv,
  prepareDepthwise,
} from './convolution.ts';
import { prepareBinary } from './binary.ts';
import type { PreparedOp } from './prepared-op.ts';
import { prepareRearrange } from './rearrange.ts';

/** Uploads the constants of a node and says how to run it. */
export function prepareOp(node: Node, graph: Graph): PreparedOp {
  return (PREPARE[node.kind] as (node: Node, graph: Graph) => PreparedOp)(node, graph);
}

const PREPARE: { readonly [K in NodeKind]: (node: NodeOf<K>, graph: Graph) => PreparedOp } = {
  conv: prepareConv,
  depthwise: prepareDepthwise,
  dense: prepareDense,
  pool: preparePool,
  mean: () => withoutConstants(([x]) => tf.mean(x, [1, 2], true)),
  add: ({ clamp }) => withoutConstants(([a, b]) => clipTo(tf.add(a, b ?? a), clamp)),
  pad: ({ padding, value }) => withoutConstants(([x]) => tf.pad4d(x, explicitPadding(padding), value)),
  concat: ({ axis }) => withoutConstants((inputs) => tf.concat4d([...inputs], { h: 1, w: 2, c: 3 }[axis])),
  reshape: (node, graph) => {
    const shape = outputOf(graph, node).shape;
    return withoutConstants(([x]) => reshapeMap(x, shape));
  },
  softmax: ({ beta }) => withoutConstants(([x]) => tf.softmax(tf.mul(x, beta))),
  argmax: ({ reduce }) =>
    withoutConstants(([x]) => {
      const index = reduce === 'max' ? tf.argMax(x, 3) : tf.argMin(x, 3);
      return tf.cast(tf.expandDims<tf.Tensor4D>(index, 3), 'float32');
    }),
  pointwise: ({ fn }) => withoutConstants(([x]) => applyPointwise(fn, x)),
  requantize: () => withoutConstants(([x]) => tf.clone(x)),
  binary: prepareBinary,
  rearrange: prepareRearrange,
  resize: (node, graph) => {
    const { h, w } = outputOf(graph, node).shape;
    const { alignCorners, halfPixelCenters } = node.grid;
    return withoutConstants(([x]) => tf.image.resizeBilinear(x, [h, w], alignCorners, halfPixelCenters));
  },
};

function withoutConstants(run: PreparedOp['run']): PreparedOp {
  return { constants: [], run };
}

function reshapeMap(x: tf.Tensor, shape: MapShape): tf.Tensor4D {
  return tf.reshape(x, [-1, shape.h, shape.w, shape.c]);
}

function prepareDense(node: DenseNode, graph: Graph): PreparedOp {
  const columns = elementCount(inputOf(graph, node).shape);
  const { clamp } = node;
  const cout = outputOf(graph, node).shape.c;
  const weights = tf.tidy(() => tf.transpose(tf.tensor2d(realValues(node.weights), [cout, columns])));
  const bias = biasTensor(node.bias, cout);
  return {
    constants: [weights, bias],
    run: ([x]) => {
      const activation = fusedActivation(clamp) ?? 'linear';
      const y = tf.fused.matMul({ a: tf.reshape(x, [-1, columns]), b: weights, bias, activation });
      return reshapeMap(applyClamp(y, clamp), { h: 1, w: 1, c: cout });
    },
  };
}

function preparePool(node: PoolNode, graph: Graph): PreparedOp {
  const { kernel, stride, dilation, padding } = node.window;
  assert(dilation.h === 1 && dilation.w === 1, 'pooling is not dilated');
  const { shape } = inputOf(graph, node);
  // The back end has no kernel for windows of one element, which only pick.
  if (kernel.h === 1 && kernel.w === 1) {
    return withoutConstants(([x]) =>
      clipTo(
        tf.stridedSlice(x, [0, 0, 0, 0], [x.shape[0], shape.h, shape.w, shape.c], [1, stride.h, stride.w, 1]),
        node.clamp,
      ),
    );
  }
  const pool = node.reduce === 'average' ? tf.avgPool<tf.Tensor4D> : tf.maxPool<tf.Tensor4D>;
  return withoutConstants(([x]) =>
    clipTo(pool(x, [kernel.h, kernel.w], [stride.h, stride.w], explicitPadding(padding)), node.clamp),
  );
}

function applyPointwise(fn: PointwiseFunction, x: tf.Tensor4D): tf.Tensor4D {
  switch (fn.name) {
    case 'relu':
      return tf.relu(x);
    case 'relu6':
      return tf.relu6(x);
    case 'sigmoid':
      return tf.sigmoid(x);
    case 'tanh':
      return tf.tanh(x);
    case 'hard-swish':
      return tf.mul(x, tf.div(tf.relu6(tf.add(x, 3)), 6));
    case 'elu':
      return tf.elu(x);
    case 'leaky-relu':
      return tf.leakyRelu(x, fn.slope);
    case 'exp':
      return tf.exp(x);
    case 'abs':
      return tf.abs(x);
    case 'neg':
      return tf.neg(x);
    case 'square':
      return tf.square(x);
    case 'swish':
      return tf.mul(x, tf.sigmoid(x));
    case 'hard-sigmoid':
      return tf.div(tf.relu6(tf.add(x, 3)), 6);
    case 'gelu':
    case 'gelu-tanh':
    case 'softplus':
    case 'erf':
    case 'log':
    case 'sqrt':
    case 'rsqrt':
    case 'reciprocal':
      return evaluateEach(fn, x);
  }
}

/** Value by value in double precision, for functions that have no kernel or that leave their domain. */
function evaluateEach(fn: PointwiseFunction, x: tf.Tensor4D): tf.Tensor4D {
  const values = x.dataSync<'float32'>().map((value) => evaluatePointwise(fn, value));
  return tf.tensor4d(values, x.shape);
}
