import type { FloatConstant, Graph, Node } from '../ir/graph.ts';
import { weightLayout, type WeightedNode } from '../ir/weight-layout.ts';

/** Inputs are taken to lie within this magnitude, far beyond what a network computes with. */
const LARGEST_INPUT = 2 ** 24;
/** What is smaller than a float by this factor does not change it when added. */
const ROUNDED_AWAY = 2 ** -25;

/**
 * Zeroes the float weights of output channels whose products, all together, are lost when the bias is added to them: training
 * with decay leaves channels with weights of 1e-30. What a float32 executor computes is unchanged.
 */
export function zeroNegligibleWeights(graph: Graph): Graph {
  return { ...graph, nodes: graph.nodes.map((node) => zeroWeights(node, graph)) };
}

function zeroWeights(node: Node, graph: Graph): Node {
  if (!('weights' in node) || node.weights.kind !== 'float') return node;
  const channels = negligibleChannels(node, graph);
  if (channels.length === 0) return node;
  const { at, taps } = weightLayout(node, graph);
  const data = node.weights.data.slice();
  for (const channel of channels) for (let tap = 0; tap < taps; tap++) data[at(channel, tap)] = 0;
  const weights: FloatConstant = { ...node.weights, data };
  return { ...node, weights };
}

function negligibleChannels(node: WeightedNode, graph: Graph): readonly number[] {
  const { outputChannels, taps, at } = weightLayout(node, graph);
  const channels = Array.from({ length: outputChannels }, (_, channel) => channel);
  return channels.filter((channel) => {
    let total = 0;
    for (let tap = 0; tap < taps; tap++) total += Math.abs(node.weights.data[at(channel, tap)]!);
    return total > 0 && total * LARGEST_INPUT <= Math.abs(node.bias?.data[channel] ?? 0) * ROUNDED_AWAY;
  });
}
