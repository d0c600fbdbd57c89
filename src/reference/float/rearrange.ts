import * as tf from '@tensorflow/tfjs-core';
import { elementCount } from '../../ir/geometry.ts';
import { inputOf, outputOf, type Graph, type RearrangeNode } from '../../ir/graph.ts';
import type { PreparedOp } from './prepared-op.ts';

/** Each value by its index in the flattened input. */
export function prepareRearrange(node: RearrangeNode, graph: Graph): PreparedOp {
  const input = inputOf(graph, node).shape;
  const output = outputOf(graph, node).shape;
  const { rows, columns, channels } = node.source;
  const indices = new Int32Array(elementCount(output));
  let at = 0;
  for (const row of rows) {
    for (const column of columns) {
      for (const channel of channels) {
        const y = row.y + column.y + channel.y;
        const x = row.x + column.x + channel.x;
        indices[at++] = (y * input.w + x) * input.c + row.c + column.c + channel.c;
      }
    }
  }
  const places = tf.tensor1d(indices, 'int32');
  return {
    constants: [places],
    run: ([x]) => {
      const flat = tf.reshape(x, [-1, elementCount(input)]);
      return tf.reshape(tf.gather(flat, places, 1), [-1, output.h, output.w, output.c]);
    },
  };
}
