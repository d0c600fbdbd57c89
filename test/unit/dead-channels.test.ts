import { describe, expect, it } from 'vitest';
import type { Constant, Graph, Node } from '../../src/ir/graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { Network, type Handle } from '../support/network.ts';
import { readTfliteGraph } from '../support/read-tflite.ts';

/** What normalising makes of a float network on an input of 1x6x6x4 whose weights `edit` changed, layer by layer. */
function normalised(
  build: (net: Network, input: Handle) => Handle,
  edit: (node: Weighted, layer: number) => void,
): Graph {
  const net = new Network('float32', 3);
  const graph = readTfliteGraph(net.write([build(net, net.input([1, 6, 6, 4]))]), 'model.tflite');
  graph.nodes.filter(isWeighted).forEach(edit);
  return normalise(graph);
}

type Weighted = Extract<Node, { readonly weights: Constant }>;
const isWeighted = (node: Node): node is Weighted => 'weights' in node;
const channelsOf = (graph: Graph): readonly number[] =>
  graph.nodes.map((node) => graph.tensors[node.output]!.shape.c);

/** Sets all weights of one output channel of a convolution, and its bias. */
function setChannel({ weights, bias }: Weighted, channel: number, weight: number, to: number): void {
  const taps = weights.data.length / weights.shape[0]!;
  weights.data.fill(weight, channel * taps, (channel + 1) * taps);
  bias!.data[channel] = to;
}

const window = { kernel: [3, 3], activation: 'relu' } as const;

describe('dead channels', () => {
  const chain = (net: Network, x: Handle): Handle =>
    net.conv(net.depthwise(net.conv(x, 5, { activation: 'relu' }), window), 3);

  it('go with what only they feed, and the map says which remain', () => {
    const graph = normalised(chain, (node, layer) => {
      if (layer === 0) setChannel(node, 2, 0, -1);
    });
    expect(channelsOf(graph)).toEqual([4, 4, 3]);
    expect(graph.tensors[graph.nodes[0]!.output]!.keptChannels).toEqual([0, 1, 3, 4]);
    expect(graph.tensors[graph.nodes[2]!.output]!.keptChannels).toBeUndefined();
  });

  it('that are constant are kept where padding makes them vary, and folded where nothing does', () => {
    const positive = (node: Weighted, layer: number): void => {
      if (layer === 0) setChannel(node, 2, 0, 1);
      else if (layer === 1) node.bias!.data.fill(10);
    };
    expect(channelsOf(normalised(chain, positive))).toEqual([5, 5, 3]);
    const unpadded = normalised(
      (net, x) => net.conv(net.conv(x, 5, { activation: 'relu' }), 3, { kernel: [3, 3], padding: 'valid' }),
      (node, layer) => {
        if (layer === 0) setChannel(node, 2, 0, 1);
        else node.bias!.data.fill(0);
      },
    );
    expect(channelsOf(unpadded)).toEqual([4, 3]);
    const { bias } = unpadded.nodes[1] as Weighted;
    expect(bias!.data.every((value) => value !== 0)).toBe(true);
  });

  it('are found by what an activation lets through of any input', () => {
    // Values in 0 … 6 with weights below zero, from below zero.
    const graph = normalised(
      (net, x) => net.conv(net.depthwise(net.conv(x, 5, { activation: 'relu6' }), window), 3),
      (node, layer) => {
        if (layer !== 1) return;
        for (let tap = 0; tap < 9; tap++) node.weights.data[tap * 5 + 3] = -1;
        node.bias!.data[3] = -0.5;
      },
    );
    expect(channelsOf(graph)).toEqual([4, 4, 3]);
  });

  it('with weights that no float sum feels count as such', () => {
    const graph = normalised(chain, (node, layer) => {
      if (layer === 0) setChannel(node, 1, 1e-30, -0.25);
    });
    expect(channelsOf(graph)).toEqual([4, 4, 3]);
    const felt = normalised(chain, (node, layer) => {
      if (layer === 0) setChannel(node, 1, 1e-30, 0);
    });
    expect(channelsOf(felt)).toEqual([5, 5, 3]);
  });

  it('that nothing reads go, but maps of an addition stay alike and none is empty', () => {
    const unread = normalised(chain, ({ weights }, layer) => {
      if (layer === 2) weights.data.forEach((_, index) => (weights.data[index] = index % 5 === 0 ? 0 : 1));
    });
    expect(channelsOf(unread)).toEqual([4, 4, 3]);
    const added = normalised(
      (net, x) => {
        const y = net.conv(x, 5, { activation: 'relu' });
        return net.conv(net.add(y, net.conv(x, 5, { activation: 'relu' })), 2);
      },
      (node, layer) => {
        if (layer === 0) setChannel(node, 0, 0, 0);
        if (layer < 2) setChannel(node, 4, 0, 0);
      },
    );
    expect(channelsOf(added)).toEqual([4, 4, 4, 2]);
    const nothing = normalised(chain, ({ weights }) => weights.data.fill(0));
    expect(channelsOf(nothing)).toEqual([1, 1, 3]);
  });

  it('of inputs and outputs stay', () => {
    const graph = normalised(
      (net, x) => net.conv(x, 3),
      (node) => {
        setChannel(node, 1, 0, 2);
        node.weights.data.forEach((_, index) => {
          if (index % 4 === 2) node.weights.data[index] = 0;
        });
      },
    );
    expect(graph.tensors.map(({ shape }) => shape.c)).toEqual([4, 3]);
  });
});
