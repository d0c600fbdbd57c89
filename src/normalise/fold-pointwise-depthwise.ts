import { padsNothing } from '../ir/geometry.ts';
import {
  inputOf,
  NO_CLAMP,
  type Clamp,
  type FloatConstant,
  type Graph,
  type Node,
  type NodeId,
  type NodeOf,
} from '../ir/graph.ts';
import { isOutput, readersOf, replaceNodes, writersOf } from './rewrite.ts';

type Float<T> = Omit<T, 'weights' | 'bias'> & {
  readonly weights: FloatConstant;
  readonly bias: FloatConstant | null;
};
type Weighted = Float<NodeOf<'conv'>> | Float<NodeOf<'depthwise'>> | Float<NodeOf<'dense'>>;

/** factor · x + offset for each channel. */
interface Scale {
  readonly factor: Float32Array;
  readonly offset: Float32Array | null;
}

/**
 * Folds float depthwise convolutions of one value (batch normalization, rescaling) into the weights of the layer before them,
 * where nothing comes between and nothing else reads it, or else into the layers behind them, where these pad nothing.
 */
export function foldPointwiseDepthwise(graph: Graph): Graph {
  return foldIntoReaders(foldIntoProducers(graph));
}

function foldIntoProducers(graph: Graph): Graph {
  const readers = readersOf(graph);
  const writers = new Map(writersOf(graph));
  const replacements = new Map<NodeId, Node | null>();
  for (const node of graph.nodes) {
    const [input] = node.inputs;
    if (!isScale(node) || input === undefined) continue;
    const producer = writers.get(input);
    if (producer === undefined || isOutput(graph, input) || readers.get(input)?.length !== 1) continue;
    if (!isWeighted(producer) || !isUnlimited(producer.clamp)) continue;
    const folded = { ...scaleOutputs(producer, scaleOf(node)), clamp: node.clamp, output: node.output };
    replacements.set(producer.id, folded);
    replacements.set(node.id, null);
    writers.set(node.output, folded);
  }
  return replaceNodes(graph, replacements);
}

function foldIntoReaders(graph: Graph): Graph {
  const readers = readersOf(graph);
  const replacements = new Map<NodeId, Node | null>();
  for (const original of graph.nodes) {
    const node = replacements.get(original.id) ?? original;
    if (!isScale(node) || !isUnlimited(node.clamp) || isOutput(graph, node.output)) continue;
    const behind = (readers.get(node.output) ?? []).map((reader) => replacements.get(reader.id) ?? reader);
    if (behind.length === 0 || !behind.every(isUnpadded)) continue;
    const { c } = inputOf(graph, node).shape;
    for (const reader of behind) {
      replacements.set(reader.id, { ...scaleInputs(reader, scaleOf(node), c), inputs: node.inputs });
    }
    replacements.set(node.id, null);
  }
  return replaceNodes(graph, replacements);
}

/** Whether a node looks at one value at a time and makes one value of it. */
function isScale(node: Node): node is Node & Float<NodeOf<'depthwise'>> {
  if (node.kind !== 'depthwise' || node.multiplier !== 1 || !isWeighted(node)) return false;
  const { kernel, stride, padding } = node.window;
  return [kernel.h, kernel.w, stride.h, stride.w].every((extent) => extent === 1) && padsNothing(padding);
}

function scaleOf(node: Float<NodeOf<'depthwise'>>): Scale {
  return { factor: node.weights.data, offset: node.bias?.data ?? null };
}

function isWeighted(node: Node): node is Node & Weighted {
  return 'weights' in node && node.weights.kind === 'float' && node.bias?.kind !== 'quantized';
}

function isUnpadded(node: Node): node is Node & Weighted {
  return isWeighted(node) && (node.kind === 'dense' || padsNothing(node.window.padding));
}

function isUnlimited(clamp: Clamp): boolean {
  return clamp.min === NO_CLAMP.min && clamp.max === NO_CLAMP.max;
}

/** factor · (W x + b) + offset = (factor W) x + (factor b + offset). */
function scaleOutputs(node: Weighted, { factor, offset }: Scale): Weighted {
  const { weights, bias } = node;
  const channelOf = outputChannels(node);
  const scaled = weights.data.map((value, index) => value * factor[channelOf(index)]!);
  const shifted = factor.map((f, channel) => f * (bias?.data[channel] ?? 0) + (offset?.[channel] ?? 0));
  const isBiased = bias !== null || offset !== null;
  return { ...node, weights: { ...weights, data: scaled }, bias: isBiased ? biasOf(shifted) : null };
}

/** W (factor · x + offset) + b = (W factor) x + (W offset + b), where x has `channels` channels. */
function scaleInputs(node: Weighted, { factor, offset }: Scale, channels: number): Weighted {
  const { weights, bias } = node;
  const outputOf = outputChannels(node);
  const inputOf = inputChannels(node, channels);
  const scaled = weights.data.map((value, index) => value * factor[inputOf(index)]!);
  if (offset === null) return { ...node, weights: { ...weights, data: scaled } };
  const sums = Float64Array.from({ length: outputCount(node) }, (_, channel) => bias?.data[channel] ?? 0);
  weights.data.forEach((value, index) => {
    sums[outputOf(index)]! += value * offset[inputOf(index)]!;
  });
  return { ...node, weights: { ...weights, data: scaled }, bias: biasOf(Float32Array.from(sums)) };
}

function biasOf(data: Float32Array): FloatConstant {
  return { kind: 'float', shape: [data.length], data };
}

/** Output channels of a layer: the last axis of depthwise weights, the first of others. */
function outputCount({ kind, weights }: Weighted): number {
  return weights.shape.at(kind === 'depthwise' ? -1 : 0) ?? 0;
}

/** The output channel that a weight belongs to, by the weight's index. */
function outputChannels(node: Weighted): (index: number) => number {
  const count = outputCount(node);
  const perChannel = node.weights.data.length / count;
  return node.kind === 'depthwise' ? (index) => index % count : (index) => Math.floor(index / perChannel);
}

/** The input channel that a weight is multiplied with, by the weight's index. */
function inputChannels(node: Weighted, channels: number): (index: number) => number {
  const outputOf = outputChannels(node);
  switch (node.kind) {
    case 'conv': {
      const groupInputs = channels / node.groups;
      const groupOutputs = outputCount(node) / node.groups;
      return (index) => Math.floor(outputOf(index) / groupOutputs) * groupInputs + (index % groupInputs);
    }
    case 'depthwise':
      return (index) => Math.floor(outputOf(index) / node.multiplier);
    case 'dense':
      return (index) => index % channels;
  }
}
