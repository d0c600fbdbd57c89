import { elementCount } from './geometry.ts';
import { inputOf, outputOf, type Graph, type NodeOf } from './graph.ts';

/** The nodes that multiply by weights. */
export type WeightedNode = NodeOf<'conv' | 'depthwise' | 'dense'>;

/** How one output channel stands in the weights of a node: its values' offsets, and the input channel of each. */
export interface WeightLayout {
  readonly outputChannels: number;
  /** Weights of one output channel. */
  readonly taps: number;
  /** Index into the weights of tap `tap` of output channel `channel`. */
  readonly at: (channel: number, tap: number) => number;
  /** Channel of the node's input that this weight multiplies. */
  readonly inputChannel: (channel: number, tap: number) => number;
}

export function weightLayout(node: WeightedNode, graph: Graph): WeightLayout {
  const input = inputOf(graph, node).shape;
  const outputChannels = outputOf(graph, node).shape.c;
  switch (node.kind) {
    case 'conv': {
      const groupInputs = input.c / node.groups;
      const groupOutputs = outputChannels / node.groups;
      const taps = node.window.kernel.h * node.window.kernel.w * groupInputs;
      return {
        outputChannels,
        taps,
        at: (channel, tap) => channel * taps + tap,
        inputChannel: (channel, tap) =>
          Math.floor(channel / groupOutputs) * groupInputs + (tap % groupInputs),
      };
    }
    case 'depthwise':
      return {
        outputChannels,
        taps: node.window.kernel.h * node.window.kernel.w,
        at: (channel, tap) => tap * outputChannels + channel,
        inputChannel: (channel) => Math.floor(channel / node.multiplier),
      };
    case 'dense': {
      const taps = elementCount(input);
      return {
        outputChannels,
        taps,
        at: (channel, tap) => channel * taps + tap,
        inputChannel: (_channel, tap) => tap % input.c,
      };
    }
  }
}
