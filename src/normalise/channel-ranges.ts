import {
  inputOf,
  NO_CLAMP,
  outputOf,
  tensorOf,
  type Clamp,
  type Graph,
  type Node,
  type NodeKind,
  type NodeOf,
  type Tensor,
  type TensorId,
} from '../ir/graph.ts';
import { integerClamp, nearestStored } from '../ir/integer-clamp.ts';
import { evaluatePointwise } from '../ir/pointwise.ts';
import { channelAffine, integerRange, sameAffine } from '../ir/quantization.ts';
import type { WeightedNode } from '../ir/weight-layout.ts';
import { clamp as limit } from '../util/math.ts';
import { accumulatorRanges, type ValueRange } from './accumulator-ranges.ts';

/**
 * The range of each channel of a map for every input of the network, in steps from zero: stored values less their zero point
 * in a quantized graph, real values in a float one. A channel whose range is one value is constant.
 */
export type ChannelRanges = readonly ValueRange[];

/** The ranges of all maps. */
export function channelRanges(graph: Graph): ReadonlyMap<TensorId, ChannelRanges> {
  const ranges = new Map<TensorId, ChannelRanges>(
    graph.inputs.map((port) => [port.tensor, everything(tensorOf(graph, port.tensor))]),
  );
  for (const node of graph.nodes) {
    const inputs = node.inputs.map((id) => ranges.get(id)!);
    ranges.set(node.output, outputRanges(node, graph, inputs));
  }
  return ranges;
}

export function isConstant({ min, max }: ValueRange): boolean {
  return min === max;
}

function outputRanges(node: Node, graph: Graph, inputs: readonly ChannelRanges[]): ChannelRanges {
  return (RANGES[node.kind] as RangeRule)(node, graph, inputs);
}

type RangeRule<N extends Node = Node> = (
  node: N,
  graph: Graph,
  inputs: readonly ChannelRanges[],
) => ChannelRanges;

const RANGES: { readonly [K in NodeKind]: RangeRule<NodeOf<K>> } = {
  conv: weightedRanges,
  depthwise: weightedRanges,
  dense: weightedRanges,
  pool: (node, graph, [input]) => rescaledRanges(node, graph, input!, 1, node.clamp),
  mean: (node, graph, [input]) => {
    const { h, w } = inputOf(graph, node).shape;
    return rescaledRanges(node, graph, input!, 1 / (h * w), NO_CLAMP);
  },
  add: (node, graph, [a, b]) => {
    const output = outputOf(graph, node);
    return a!.map((first, c) => {
      const second = b![c]!;
      const [firstRatio, secondRatio] = [stepRatio(graph, node, 0, c), stepRatio(graph, node, 1, c)];
      const sum = {
        min: first.min * firstRatio + second.min * secondRatio,
        max: first.max * firstRatio + second.max * secondRatio,
      };
      return settle(sum, ADD_MARGIN * Math.max(1, firstRatio + secondRatio), output, c, node.clamp);
    });
  },
  pad: (node, graph, [input]) => {
    const output = outputOf(graph, node);
    return input!.map((range, c) => union(range, borderRange(node.value, output, c)));
  },
  concat: (node, graph, inputs) => {
    const parts = inputs.map((input, index) => rescaledRanges(node, graph, input, 1, NO_CLAMP, index));
    return node.axis === 'c'
      ? parts.flat()
      : parts.reduce((a, b) => a.map((range, c) => union(range, b[c]!)));
  },
  reshape: (node, graph, [input]) => {
    const { c } = outputOf(graph, node).shape;
    const all = input!.reduce(union);
    return Array.from({ length: c }, (_, channel) =>
      c % input!.length === 0 ? input![channel % input!.length]! : all,
    );
  },
  softmax: (node, graph) => everything(outputOf(graph, node)),
  argmax: (node, graph) => everything(outputOf(graph, node)),
  pointwise: (node, graph, [input]) => {
    const output = outputOf(graph, node);
    const unknown = everything(output);
    return input!.map((range, c) => {
      if (!isConstant(range)) return unknown[c]!;
      const value = evaluatePointwise(node.fn, range.min * step(inputOf(graph, node), c)) / step(output, c);
      return settle({ min: value, max: value }, TABLE_MARGIN, output, c, NO_CLAMP);
    });
  },
  requantize: (node, graph, [input]) => rescaledRanges(node, graph, input!, 1, NO_CLAMP),
  binary: (node, graph) => everything(outputOf(graph, node)),
  rearrange: (node, graph) => everything(outputOf(graph, node)),
  resize: (node, graph, [input]) => rescaledRanges(node, graph, input!, 1, NO_CLAMP),
};

/** Additions have multipliers of 16 bits or more, for steps of at most 8. */
const ADD_MARGIN = 2 ** -6;
/** Tables are made in double or single precision. */
const TABLE_MARGIN = 2 ** -10;
/** Multipliers, and the products of scales that they are made of, have 22 bits or more. */
const MULTIPLIER_MARGIN = 2 ** -22;
/** Float sums are rounded in proportion to their terms. */
const FLOAT_MARGIN = 2 ** -18;

function weightedRanges(node: WeightedNode, graph: Graph, [input]: readonly ChannelRanges[]): ChannelRanges {
  const output = outputOf(graph, node);
  const sums = accumulatorRanges(node, graph, input!);
  const { weights } = node;
  if (weights.kind === 'float') {
    return sums.map((sum, c) => settle(sum, FLOAT_MARGIN * sum.magnitude, output, c, node.clamp));
  }
  const ratios = sums.map((_, c) => stepRatio(graph, node, 0, c) * weights.scale[c % weights.scale.length]!);
  const largest = Math.max(...ratios);
  return sums.map((sum, c) => {
    const margin = roundingMargin(ratios[c]!) + MULTIPLIER_MARGIN * sum.magnitude * largest;
    return settle(times(sum, ratios[c]!), margin, output, c, node.clamp);
  });
}

/** Ranges of the values of one input in the steps of the output, where `count` of them are summed up in proportion `share`. */
function rescaledRanges(
  node: Node,
  graph: Graph,
  input: ChannelRanges,
  share: number,
  clamp: Clamp,
  index = 0,
): ChannelRanges {
  const output = outputOf(graph, node);
  const { quantization } = inputOf(graph, node, index);
  const keepsSteps = output.quantization === null || sameAffine(output.quantization, quantization!);
  return input.map((range, c) => {
    if (keepsSteps && share === 1) return settle(range, 0, output, c, clamp);
    const ratio = stepRatio(graph, node, index, c);
    const reach = Math.max(Math.abs(range.min), Math.abs(range.max)) * ratio;
    const margin =
      quantization === null
        ? FLOAT_MARGIN * reach
        : roundingMargin(ratio * share) + MULTIPLIER_MARGIN * reach;
    return settle(times(range, ratio), margin, output, c, clamp);
  });
}

/**
 * What rounding twice, as TFLite does, may add to rounding once: half a unit of a product shifted right as far as the scale
 * lies below 1.
 */
function roundingMargin(scale: number): number {
  return Math.min(0.5, 2 * scale);
}

/**
 * What channel `c` of `output` may hold where the exact result, in its steps, lies in `exact` and a kernel's result before it
 * rounds to the nearest lies within `margin` of it. So no way of rounding that the contract knows leaves the range.
 */
function settle(exact: ValueRange, margin: number, output: Tensor, c: number, clamp: Clamp): ValueRange {
  const { quantization } = output;
  if (quantization === null) {
    const slack = isConstant(exact) ? 0 : margin;
    return {
      min: limit(exact.min - slack, clamp.min, clamp.max),
      max: limit(exact.max + slack, clamp.min, clamp.max),
    };
  }
  const affine = channelAffine(quantization, c);
  const limits = integerClamp(clamp, affine);
  const zeroPoint = affine.zeroPoint[0]!;
  // Zero is exact in every quantization.
  const lowest = exact.min === 0 ? 0 : Math.ceil(exact.min - 0.5 - margin);
  const highest = exact.max === 0 ? 0 : Math.floor(exact.max + 0.5 + margin);
  return {
    min: limit(lowest, limits.min - zeroPoint, limits.max - zeroPoint),
    max: limit(highest, limits.min - zeroPoint, limits.max - zeroPoint),
  };
}

/** What a border of `value` holds in a channel. */
function borderRange(value: number, output: Tensor, c: number): ValueRange {
  if (output.quantization === null) return { min: value, max: value };
  const affine = channelAffine(output.quantization, c);
  const steps = nearestStored(value, affine)[0]! - affine.zeroPoint[0]!;
  return { min: steps, max: steps };
}

/** The real value of one step of a channel. */
function step({ quantization }: Tensor, c: number): number {
  return quantization === null ? 1 : channelAffine(quantization, c).scale[0]!;
}

/** Steps of channel `c` of the output in one step of an input; of a weighted node's input, which has one scale, any channel's. */
function stepRatio(graph: Graph, node: Node, index: number, c: number): number {
  return step(inputOf(graph, node, index), c) / step(outputOf(graph, node), c);
}

function times({ min, max }: ValueRange, factor: number): ValueRange {
  return { min: min * factor, max: max * factor };
}

function union(a: ValueRange, b: ValueRange): ValueRange {
  return { min: Math.min(a.min, b.min), max: Math.max(a.max, b.max) };
}

function everything({ shape, quantization }: Tensor): ChannelRanges {
  return Array.from({ length: shape.c }, (_, c) => {
    if (quantization === null) return { min: -Infinity, max: Infinity };
    const { min, max } = integerRange(quantization.bits);
    const zeroPoint = channelAffine(quantization, c).zeroPoint[0]!;
    return { min: min - zeroPoint, max: max - zeroPoint };
  });
}
