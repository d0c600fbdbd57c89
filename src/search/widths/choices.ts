import { elementCount } from '../../ir/geometry.ts';
import { inputOf, outputOf, tensorOf, type Graph, type NodeId, type TensorId } from '../../ir/graph.ts';
import { macsOf } from '../../ir/macs.ts';
import type { MapBits } from '../../ir/quantization.ts';
import { groupBySharedQuantization } from '../../quant/shared.ts';
import type { QuantizeOptions } from '../../quant/scales.ts';
import { range, sum } from '../../util/math.ts';

/** Something that may have fewer than 8 bits: maps that are stored in one quantization, or the weights of a layer. */
export type WidthChoice = MapsChoice | WeightsChoice;

export interface MapsChoice {
  readonly kind: 'maps';
  readonly tensors: readonly TensorId[];
  /** Below 8, from wide to narrow. */
  readonly widths: readonly MapBits[];
}

export interface WeightsChoice {
  readonly kind: 'weights';
  readonly node: NodeId;
  /** Below 8, from wide to narrow. */
  readonly widths: readonly number[];
}

/** A width for each choice. */
export type Widths = readonly number[];

/** What limits the choice. */
export interface WidthLimits {
  /** Widths that maps may have. */
  readonly bits: readonly MapBits[];
  /** The narrowest that weights may get. */
  readonly weightBits: number;
}

/** Everything in a graph that has a width to choose: no ports, and no outputs whose quantization is given. */
export function widthChoices(graph: Graph, { bits, weightBits }: WidthLimits): readonly WidthChoice[] {
  const given = new Set([
    ...[...graph.inputs, ...graph.outputs].map((port) => port.tensor),
    ...graph.nodes
      .filter((node) => node.kind === 'softmax' || node.kind === 'argmax')
      .map((node) => node.output),
  ]);
  const mapWidths = ([4, 2] as const).filter((width) => bits.includes(width));
  const weightWidths = range(Math.max(0, 8 - weightBits)).map((i) => 7 - i);
  const groups = [...new Set(groupBySharedQuantization(graph, new Map()))];
  const maps = groups
    .filter((tensors) => tensors.every((tensor) => !given.has(tensor)))
    .map((tensors): MapsChoice => ({ kind: 'maps', tensors, widths: mapWidths }));
  const weights = graph.nodes.flatMap((node): readonly WeightsChoice[] =>
    'weights' in node ? [{ kind: 'weights', node: node.id, widths: weightWidths }] : [],
  );
  return [...maps, ...weights].filter((choice) => choice.widths.length > 0);
}

/** 8 bits everywhere. */
export function widest(choices: readonly WidthChoice[]): Widths {
  return choices.map(() => 8);
}

/** The widths in the form in which quantization takes them. */
export function widthOptions(
  choices: readonly WidthChoice[],
  widths: Widths,
): Required<Pick<QuantizeOptions, 'bits' | 'weightBits'>> {
  const bits = new Map<TensorId, MapBits>();
  const weightBits = new Map<NodeId, number>();
  choices.forEach((choice, i) => {
    if (choice.kind === 'weights') weightBits.set(choice.node, widths[i]!);
    else for (const tensor of choice.tensors) bits.set(tensor, widths[i] as MapBits);
  });
  return { bits, weightBits };
}

/** What widths cost, all else being equal. */
export interface WidthCosts {
  /** Σ MACs × weight bits × input-map bits. */
  readonly bitOps: (widths: Widths) => number;
  /** BitOPs saved by giving choice `index` the width `width`. */
  readonly bitOpsSaved: (widths: Widths, index: number, width: number) => number;
  /** Bytes of those maps of a choice that are among `live`, at 8 bits. */
  readonly mapBytes: (choice: MapsChoice, live: ReadonlySet<TensorId>) => number;
  /** Weights of a layer, in number. */
  readonly weightCount: (choice: WeightsChoice) => number;
}

export function widthCosts(graph: Graph, choices: readonly WidthChoice[]): WidthCosts {
  const products = graph.nodes.flatMap((node) => {
    if (!('weights' in node)) return [];
    const input = inputOf(graph, node).id;
    return [
      {
        macs: macsOf(node, graph),
        map: choices.findIndex((choice) => choice.kind === 'maps' && choice.tensors.includes(input)),
        weights: choices.findIndex((choice) => choice.kind === 'weights' && choice.node === node.id),
      },
    ];
  });
  const touching = choices.map((_, index) =>
    products.filter(({ map, weights }) => map === index || weights === index),
  );
  const widthAt = (widths: Widths, index: number): number => widths[index] ?? 8;
  return {
    bitOps: (widths) =>
      sum(products.map(({ macs, map, weights }) => macs * widthAt(widths, map) * widthAt(widths, weights))),
    bitOpsSaved: (widths, index, width) =>
      sum(
        touching[index]!.map(
          ({ macs, map, weights }) =>
            macs * widthAt(widths, map === index ? weights : map) * (widths[index]! - width),
        ),
      ),
    mapBytes: ({ tensors }, live) =>
      sum(
        tensors
          .filter((tensor) => live.has(tensor))
          .map((tensor) => elementCount(tensorOf(graph, tensor).shape)),
      ),
    weightCount: ({ node }) => {
      const own = graph.nodes[node]!;
      return 'weights' in own ? own.weights.data.length : 0;
    },
  };
}

/** Multiply-accumulates and stored values of all nodes from `step` on: what a run of them costs. */
export function costFrom(graph: Graph, step: number, valueCost: number): number {
  return sum(
    graph.nodes
      .slice(step)
      .map((node) => macsOf(node, graph) + valueCost * elementCount(outputOf(graph, node).shape)),
  );
}
