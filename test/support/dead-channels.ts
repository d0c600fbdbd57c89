import type { Constant, Graph, Node } from '../../src/ir/graph.ts';
import { weightLayout, type WeightedNode } from '../../src/ir/weight-layout.ts';
import { zeroWeight } from '../../src/normalise/accumulator-ranges.ts';

/**
 * The graph with output channels whose weights are all zero, their biases anything from nothing to far beyond what the output
 * can hold, and with input channels that all weights of a layer are zero for; `random` decides, once for each channel.
 */
export function withDeadChannels(graph: Graph, share: number, random: () => number): Graph {
  const kill = (node: Node): Node => ('weights' in node ? killChannels(node, graph, share, random) : node);
  return { ...graph, nodes: graph.nodes.map(kill) };
}

function killChannels(node: WeightedNode, graph: Graph, share: number, random: () => number): WeightedNode {
  const { outputChannels, taps, at, inputChannel } = weightLayout(node, graph);
  const data = node.weights.data.slice();
  const bias = node.bias?.data.slice();
  const unread = new Map<number, boolean>();
  for (let channel = 0; channel < outputChannels; channel++) {
    const isDead = random() < share;
    for (let tap = 0; tap < taps; tap++) {
      const c = inputChannel(channel, tap);
      if (node.kind !== 'depthwise' && !unread.has(c)) unread.set(c, random() < share / 2);
      if (isDead || unread.get(c) === true) data[at(channel, tap)] = zeroWeight(node, channel);
    }
    if (isDead && bias !== undefined)
      bias[channel] = bias[channel]! * BIAS_FACTORS[Math.floor(random() * 6)]!;
  }
  return {
    ...node,
    weights: { ...node.weights, data } as Constant,
    bias: node.bias && ({ ...node.bias, data: bias } as Constant),
  };
}

const BIAS_FACTORS = [0, 0, 1, -1, 50, -50];
