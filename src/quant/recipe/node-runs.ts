import { NO_CLAMP, type FloatConstant, type Graph, type Node } from '../../ir/graph.ts';
import { prepareFloat } from '../../reference/float/executor.ts';
import { weightLayout, type WeightedNode } from '../../ir/weight-layout.ts';
import type { FittedLayer } from './fit-layer.ts';

/** One node by itself: the values of its distinct inputs in, those of its output out. */
export type NodeRun = (inputs: readonly Float32Array[]) => Float32Array;

/** Prepares a node of a graph in floating point for `work`. */
export async function runningNode(graph: Graph, node: Node, work: (run: NodeRun) => void): Promise<void> {
  const port = (tensor: number) => ({ name: '', tensor, dtype: 'float32', shape: [] }) as const;
  const executor = await prepareFloat({
    ...graph,
    nodes: [node],
    inputs: [...new Set(node.inputs)].map(port),
    outputs: [port(node.output)],
  });
  try {
    work((inputs) => executor.run(inputs)[0]!);
  } finally {
    executor.dispose();
  }
}

export function isWeighted(node: Node): node is WeightedNode {
  return node.kind === 'conv' || node.kind === 'depthwise' || node.kind === 'dense';
}

/** A layer that gives its sums as they are. */
export function withoutClamp(node: WeightedNode): WeightedNode {
  return { ...node, clamp: NO_CLAMP };
}

/** A layer with the weights and biases that were fitted. */
export function withFit(node: WeightedNode, { weights, bias }: FittedLayer): WeightedNode {
  return withConstants(node, weights, bias);
}

/** A layer with the real values that its integers stand for. */
export function withIntegers(
  node: WeightedNode,
  graph: Graph,
  { integer }: Pick<FittedLayer, 'integer'>,
  inputScale: Float64Array,
): WeightedNode {
  const { at, inputChannel, outputChannels, taps } = weightLayout(node, graph);
  const { data, bias } = integer.weights;
  const weights = new Float32Array(data.length);
  for (let channel = 0; channel < outputChannels; channel++) {
    for (let tap = 0; tap < taps; tap++) {
      const scale =
        integer.accumulatorScale[channel]! / inputScale[inputChannel(channel, tap) % inputScale.length]!;
      weights[at(channel, tap)] = scale * data[at(channel, tap)]!;
    }
  }
  return withConstants(
    node,
    weights,
    Float32Array.from(bias, (value, channel) => value * integer.accumulatorScale[channel]!),
  );
}

export function withConstants(node: WeightedNode, weights: Float32Array, bias: Float32Array): WeightedNode {
  const constant = (data: Float32Array, shape: readonly number[]): FloatConstant => ({
    kind: 'float',
    shape,
    data,
  });
  return {
    ...node,
    weights: constant(weights, node.weights.shape),
    bias: constant(bias, [bias.length]),
  };
}
