import type * as tf from '@tensorflow/tfjs-core';

/** A node with its constants in the back end's memory. */
export interface PreparedOp {
  /** Disposed with the executor. */
  readonly constants: readonly tf.Tensor[];
  /** NHWC maps to the node's output; at least one input. Called within `tf.tidy`. */
  readonly run: (inputs: readonly [tf.Tensor4D, ...tf.Tensor4D[]]) => tf.Tensor4D;
}
