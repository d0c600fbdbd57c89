import { inputOf, type Constant, type Graph, type Node, type Tensor, type TensorId } from '../ir/graph.ts';
import type { Affine } from '../ir/quantization.ts';
import type { WeightedNode } from '../ir/weight-layout.ts';
import { usedChannels, type Channels } from './channel-uses.ts';
import { selectAlong } from './select-along.ts';

/**
 * Removes the channels that nothing depends on from maps and weights. With foldConstantChannels before it, whatever was only
 * computed to be constant is gone.
 */
export function dropUnusedChannels(graph: Graph): Graph {
  const used = usedChannels(graph);
  if ([...used.values()].every((channels) => channels.every(Boolean))) return graph;
  const kept = new Map([...used].map(([id, channels]) => [id, indicesOf(channels)]));
  return {
    ...graph,
    tensors: graph.tensors.map((tensor) => selectOfMap(tensor, kept.get(tensor.id)!)),
    nodes: graph.nodes.map((node) => selectOfNode(node, graph, kept)),
  };
}

function indicesOf(channels: Channels): readonly number[] {
  return channels.flatMap((isKept, c) => (isKept ? [c] : []));
}

function selectOfMap(tensor: Tensor, kept: readonly number[]): Tensor {
  const { shape, quantization, keptChannels } = tensor;
  if (kept.length === shape.c) return tensor;
  return {
    ...tensor,
    shape: { ...shape, c: kept.length },
    quantization: quantization && selectOfAffine(quantization, kept),
    keptChannels: kept.map((c) => keptChannels?.[c] ?? c),
  };
}

function selectOfAffine(affine: Affine, kept: readonly number[]): Affine {
  if (affine.scale.length === 1) return affine;
  const { bits, scale, zeroPoint } = affine;
  return {
    bits,
    scale: scale.filter((_, c) => kept.includes(c)),
    zeroPoint: zeroPoint.filter((_, c) => kept.includes(c)),
  };
}

function selectOfNode(node: Node, graph: Graph, kept: ReadonlyMap<TensorId, readonly number[]>): Node {
  if (!('weights' in node)) return node;
  const input = inputOf(graph, node);
  const inputs = kept.get(input.id)!;
  const outputs = kept.get(node.output)!;
  return {
    ...node,
    weights: selectOfWeights(node, inputs, outputs, input.shape.c),
    bias: node.bias && selectAlong(node.bias, 0, outputs),
  };
}

/** The weights between the kept channels; those of grouped convolutions keep all. */
function selectOfWeights(
  node: WeightedNode,
  inputs: readonly number[],
  outputs: readonly number[],
  inputChannels: number,
): Constant {
  switch (node.kind) {
    case 'conv':
      return node.groups === 1 ? selectAlong(selectAlong(node.weights, 0, outputs), 3, inputs) : node.weights;
    case 'depthwise':
      return selectAlong(node.weights, 2, outputs);
    case 'dense': {
      const positions = (node.weights.shape[1] ?? 0) / inputChannels;
      const taps = Array.from({ length: positions }, (_, at) =>
        inputs.map((c) => at * inputChannels + c),
      ).flat();
      return selectAlong(selectAlong(node.weights, 0, outputs), 1, taps);
    }
  }
}
