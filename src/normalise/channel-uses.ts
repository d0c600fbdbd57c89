import {
  inputOf,
  outputOf,
  tensorOf,
  type ConcatNode,
  type Graph,
  type Node,
  type NodeKind,
  type NodeOf,
  type TensorId,
} from '../ir/graph.ts';
import { weightLayout } from '../ir/weight-layout.ts';
import { zeroWeight } from './accumulator-ranges.ts';

/** For each channel of a map whether it stays. */
export type Channels = readonly boolean[];

/** What staying channels on one side of a node ask of the other. */
interface ChannelRule<N extends Node> {
  /** Channels of input `index` that the node needs for the channels `output` of its output. */
  readonly reads: (node: N, graph: Graph, output: Channels, index: number) => Channels;
  /** Channels that its output cannot be without where the inputs have the channels `inputs`. */
  readonly writes: (node: N, graph: Graph, inputs: readonly Channels[]) => Channels;
}

/**
 * The channels of every map that something depends on: those of inputs and outputs, those that a weight other than zero
 * multiplies, and what these need in turn. Maps that a node keeps in step, as an addition does, have the same; none is empty.
 */
export function usedChannels(graph: Graph): ReadonlyMap<TensorId, Channels> {
  const used = new Map(graph.tensors.map(({ id, shape }) => [id, Array<boolean>(shape.c).fill(false)]));
  for (const port of [...graph.inputs, ...graph.outputs]) used.get(port.tensor)!.fill(true);
  let isSettled = false;
  const use = (tensor: TensorId, channels: Channels): void => {
    const known = used.get(tensor)!;
    channels.forEach((isUsed, c) => {
      if (!isUsed || known[c]!) return;
      known[c] = true;
      isSettled = false;
    });
  };
  while (!isSettled) {
    isSettled = true;
    for (const node of graph.nodes.toReversed()) {
      const rule = RULES[node.kind] as ChannelRule<Node>;
      if (!used.get(node.output)!.includes(true)) use(node.output, [true]);
      node.inputs.forEach((id, index) => {
        use(id, rule.reads(node, graph, used.get(node.output)!, index));
      });
      use(
        node.output,
        rule.writes(
          node,
          graph,
          node.inputs.map((id) => used.get(id)!),
        ),
      );
    }
  }
  return used;
}

/** Channel by channel. */
const alike: ChannelRule<Node> = {
  reads: (_node, _graph, output) => output,
  writes: (_node, _graph, inputs) => inputs[0]!.map((_, c) => inputs.some((input) => input[c]!)),
};

/** All channels or none matter. */
const opaque: ChannelRule<Node> = {
  reads: (node, graph, _output, index) => Array<boolean>(inputOf(graph, node, index).shape.c).fill(true),
  writes: (node, graph) => Array<boolean>(outputOf(graph, node).shape.c).fill(true),
};

const RULES: { readonly [K in NodeKind]: ChannelRule<NodeOf<K>> } = {
  conv: {
    reads: (node, graph, output, index) =>
      node.groups === 1 ? readByWeights(node, graph, output) : opaque.reads(node, graph, output, index),
    writes: (node, graph, inputs) => (node.groups === 1 ? [] : opaque.writes(node, graph, inputs)),
  },
  depthwise: {
    reads: ({ multiplier }, _graph, output) =>
      Array.from({ length: output.length / multiplier }, (_, c) =>
        output.slice(c * multiplier, (c + 1) * multiplier).includes(true),
      ),
    writes: ({ multiplier }, _graph, [input]) =>
      input!.flatMap((isUsed) => Array<boolean>(multiplier).fill(isUsed)),
  },
  dense: { reads: readByWeights, writes: () => [] },
  pool: alike,
  mean: alike,
  add: alike,
  pad: alike,
  concat: {
    reads: (node, graph, output, index) => {
      if (node.axis !== 'c') return output;
      const from = channelsBefore(node, graph, index);
      return output.slice(from, from + inputOf(graph, node, index).shape.c);
    },
    writes: (node, graph, inputs) => (node.axis === 'c' ? inputs.flat() : alike.writes(node, graph, inputs)),
  },
  // A reshape that keeps whole columns together repeats the channels along the new ones.
  reshape: {
    reads: (node, graph, output, index) => {
      const { c } = inputOf(graph, node).shape;
      if (output.length % c !== 0) return opaque.reads(node, graph, output, index);
      return Array.from({ length: c }, (_, channel) =>
        output.some((isUsed, out) => isUsed && out % c === channel),
      );
    },
    writes: (node, graph, [input]) => {
      const { c } = outputOf(graph, node).shape;
      const count = input!.length;
      return Array.from({ length: c }, (_, channel) => c % count !== 0 || input![channel % count]!);
    },
  },
  softmax: opaque,
  argmax: opaque,
  pointwise: alike,
  requantize: alike,
  binary: opaque,
  rearrange: opaque,
  resize: alike,
};

function channelsBefore(node: ConcatNode, graph: Graph, index: number): number {
  return node.inputs.slice(0, index).reduce((total, id) => total + tensorOf(graph, id).shape.c, 0);
}

/** The input channels that the weights of the output channels in use multiply by something other than zero. */
function readByWeights(node: NodeOf<'conv' | 'dense'>, graph: Graph, output: Channels): Channels {
  const { taps, at, inputChannel } = weightLayout(node, graph);
  const read = Array<boolean>(inputOf(graph, node).shape.c).fill(false);
  output.forEach((isUsed, channel) => {
    if (!isUsed) return;
    const zero = zeroWeight(node, channel);
    for (let tap = 0; tap < taps; tap++) {
      if (node.weights.data[at(channel, tap)]! !== zero) read[inputChannel(channel, tap)] = true;
    }
  });
  return read;
}
