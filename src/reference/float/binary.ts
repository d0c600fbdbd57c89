import * as tf from '@tensorflow/tfjs-core';
import { realValues } from '../../ir/constant.ts';
import { operandShape } from '../../ir/broadcast.ts';
import type { BinaryFunction, BinaryNode } from '../../ir/graph.ts';
import { clipTo } from './convolution.ts';
import type { PreparedOp } from './prepared-op.ts';

/** Two maps, or a map and a constant, value by value with broadcasting. */
export function prepareBinary({ constant, fn, clamp }: BinaryNode): PreparedOp {
  if (constant === null) {
    return { constants: [], run: ([a, b]) => clipTo(applyBinary(fn, a, b ?? a), clamp) };
  }
  const { h, w, c } = operandShape(constant);
  const operand = tf.tensor4d(realValues(constant), [1, h, w, c]);
  return { constants: [operand], run: ([a]) => clipTo(applyBinary(fn, a, operand), clamp) };
}

function applyBinary(fn: BinaryFunction, a: tf.Tensor, b: tf.Tensor): tf.Tensor {
  switch (fn) {
    case 'add':
      return tf.add(a, b);
    case 'sub':
      return tf.sub(a, b);
    case 'reverse-sub':
      return tf.sub(b, a);
    case 'mul':
      return tf.mul(a, b);
    case 'min':
      return tf.minimum(a, b);
    case 'max':
      return tf.maximum(a, b);
    case 'prelu':
      return tf.sub(tf.relu(a), tf.mul(b, tf.relu(tf.neg(a))));
  }
}
