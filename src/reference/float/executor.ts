import * as tf from '@tensorflow/tfjs-core';
import { elementCount } from '../../ir/geometry.ts';
import { tensorOf, type Graph, type TensorId } from '../../ir/graph.ts';
import { representableRange } from '../../ir/quantization.ts';
import { assert } from '../../util/never.ts';
import { startBackend } from './backend.ts';
import { prepareOp } from './ops.ts';

/** Sees the values of one tensor: a batch of NHWC maps, valid during the call only. */
export type TensorVisitor = (tensor: TensorId, values: Float32Array) => void;

/** A graph in floating point, its constants uploaded once. */
export interface FloatExecutor {
  /**
   * Runs a batch. `inputs[i]` holds the batch's samples of graph input i one after the other, as real (preprocessed)
   * values; the result holds those of graph output i likewise. Inputs and node outputs are shown to `visit` in
   * topological order.
   */
  readonly run: (inputs: readonly Float32Array[], visit?: TensorVisitor) => Float32Array[];
  /** Frees the constants. */
  readonly dispose: () => void;
}

/**
 * Prepares a graph for running in float32 (TensorFlow.js, WebAssembly, one thread: the same bits every time). A quantized
 * graph runs as the real numbers it stands for: constants dequantized, each quantized tensor limited to what its
 * integers can express (which is where many files keep their ReLU6), nothing rounded.
 */
export async function prepareFloat(graph: Graph): Promise<FloatExecutor> {
  const backend = await startBackend();
  const ops = graph.nodes.map((node) => prepareOp(node, graph));
  const limits = graph.tensors.map(({ quantization }) => quantization && representableRange(quantization));
  const lastUse = lastUses(graph);

  const run = (inputs: readonly Float32Array[], visit?: TensorVisitor): Float32Array[] => {
    const live = new Map<TensorId, tf.Tensor4D>();
    const show = (id: TensorId, tensor: tf.Tensor4D): void => {
      live.set(id, tensor);
      if (visit !== undefined) visit(id, backend.typedArrayFromHeap(tensor) as Float32Array);
    };
    graph.inputs.forEach((port, i) => {
      const { shape } = tensorOf(graph, port.tensor);
      const values = inputs[i];
      assert(values !== undefined, `input ${i} is missing`);
      const batch = values.length / elementCount(shape);
      show(port.tensor, tf.tensor4d(values, [batch, shape.h, shape.w, shape.c]));
    });
    graph.nodes.forEach((node, step) => {
      const output = tf.tidy(() => {
        const operands = node.inputs.map((id) => live.get(id)!) as [tf.Tensor4D, ...tf.Tensor4D[]];
        const result = ops[step]!.run(operands);
        const limit = limits[node.output];
        return limit ? tf.clipByValue(result, limit.min, limit.max) : result;
      });
      show(node.output, output);
      for (const id of node.inputs) {
        if (lastUse.get(id) === step) live.get(id)!.dispose();
      }
    });
    const outputs = graph.outputs.map((port) => live.get(port.tensor)!.dataSync<'float32'>());
    for (const tensor of live.values()) tensor.dispose();
    return outputs;
  };

  const dispose = (): void => {
    for (const op of ops) tf.dispose([...op.constants]);
  };
  return { run, dispose };
}

/** Runs one batch through a graph; `prepareFloat` is for more than one. */
export async function runFloat(
  graph: Graph,
  inputs: readonly Float32Array[],
  visit?: TensorVisitor,
): Promise<Float32Array[]> {
  const executor = await prepareFloat(graph);
  try {
    return executor.run(inputs, visit);
  } finally {
    executor.dispose();
  }
}

/** For each tensor the last node that reads it; outputs of the graph stay. */
export function lastUses(graph: Graph): Map<TensorId, number> {
  const last = new Map(graph.nodes.flatMap((node, step) => node.inputs.map((id) => [id, step] as const)));
  for (const port of graph.outputs) last.delete(port.tensor);
  return last;
}
