import { inputOf, type Constant, type Graph, type Node, type NodeId } from '../ir/graph.ts';
import { weightLayout, type WeightedNode } from '../ir/weight-layout.ts';
import { INT32_MAX, INT32_MIN } from '../util/fixed-point.ts';
import {
  accumulatorRanges,
  biasOf,
  mayPad,
  zeroWeight,
  type AccumulatorRange,
} from './accumulator-ranges.ts';
import { channelRanges, isConstant, type ChannelRanges } from './channel-ranges.ts';
import { replaceNodes } from './rewrite.ts';

/**
 * Moves constant channels into the biases of the weighted layers that read them, whose weights for them become zero, and makes
 * output channels that are constant a bias alone. Exact: a constant other than zero is not moved where a window may see it
 * beside padding, which is zero.
 */
export function foldConstantChannels(graph: Graph): Graph {
  const ranges = channelRanges(graph);
  const replacements = new Map<NodeId, Node>();
  for (const node of graph.nodes) {
    if (!('weights' in node)) continue;
    const folded = foldInto(node, graph, ranges.get(inputOf(graph, node).id)!, ranges.get(node.output)!);
    if (folded !== node) replacements.set(node.id, folded);
  }
  return replaceNodes(graph, replacements);
}

/** The node without what its constant inputs and outputs make needless; itself where nothing is, or no bias could hold it. */
function foldInto(
  node: WeightedNode,
  graph: Graph,
  inputs: ChannelRanges,
  outputs: ChannelRanges,
): WeightedNode {
  const { outputChannels, taps, at, inputChannel } = weightLayout(node, graph);
  const sums = accumulatorRanges(node, graph, inputs);
  const isPadded = mayPad(node);
  const isMovable = inputs.map((range) => isConstant(range) && (range.min === 0 || !isPadded));
  const data = node.weights.data.slice();
  const biases = Float64Array.from({ length: outputChannels }, (_, channel) => biasOf(node.bias, channel));
  let isChanged = false;
  for (let channel = 0; channel < outputChannels; channel++) {
    const zero = zeroWeight(node, channel);
    const isFixed = isConstant(outputs[channel]!);
    for (let tap = 0; tap < taps; tap++) {
      const index = at(channel, tap);
      const c = inputChannel(channel, tap);
      const weight = data[index]! - zero;
      if (weight === 0 || !(isFixed || isMovable[c]!)) continue;
      isChanged = true;
      data[index] = zero;
      if (!isFixed) biases[channel]! += weight * inputs[c]!.min;
    }
    if (isFixed) biases[channel] = someSum(sums[channel]!);
  }
  const fits =
    node.weights.kind === 'float' || biases.every((bias) => bias >= INT32_MIN && bias <= INT32_MAX);
  if (!isChanged || !fits) return node;
  return {
    ...node,
    weights: { ...node.weights, data } as Constant,
    bias: biases.every((bias) => bias === 0) && node.bias === null ? null : withBiases(node, graph, biases),
  };
}

/** Any sum serves where all give the same output. */
function someSum({ min, max }: AccumulatorRange): number {
  return Number.isFinite(min) ? min : max;
}

function withBiases(node: WeightedNode, graph: Graph, biases: Float64Array): Constant {
  const { weights, bias } = node;
  const shape = [biases.length];
  if (weights.kind === 'float') return { kind: 'float', shape, data: Float32Array.from(biases) };
  const data = Int32Array.from(biases);
  if (bias?.kind === 'quantized') return { ...bias, data };
  const inputStep = inputOf(graph, node).quantization!.scale[0]!;
  return {
    kind: 'quantized',
    shape,
    data,
    scale: weights.scale.map((scale) => scale * inputStep),
    zeroPoint: new Int32Array(weights.scale.length),
    channelAxis: weights.channelAxis === null ? null : 0,
  };
}
