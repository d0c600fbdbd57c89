import { inputOf, type Graph, type Node, type TensorId } from '../ir/graph.ts';
import type { QuantWeights } from '../ir/quant-model.ts';
import type { Affine } from '../ir/quantization.ts';
import { assert } from '../util/never.ts';
import { SINGLE_SCALE_LIMIT } from './requant.ts';
import type { WeightedNode } from '../ir/weight-layout.ts';
import type { IntegerWeights } from './weights.ts';

/** Integer weights of a node for the quantization of its input. */
export type WeightQuantizer = (node: WeightedNode, input: Affine) => IntegerWeights;

/**
 * `single` requantization needs every step of a sum to be below a quarter of an output step. Where calibration chose a
 * finer output (sums that nearly cancel) than raised weights give, its scale is widened to that; as this coarsens what is
 * read next, until nothing changes.
 */
export function widenForSingle(
  graph: Graph,
  groups: readonly (readonly TensorId[])[],
  calibrated: readonly Affine[],
  fixed: ReadonlyMap<TensorId, Affine>,
  weightsFor: WeightQuantizer,
): readonly Affine[] {
  const affines = [...calibrated];
  // Each round settles the nodes up to one more in topological order.
  for (let round = 0; round <= graph.nodes.length; round++) {
    let isSettled = true;
    for (const node of graph.nodes) {
      const own = affines[node.output]!;
      const smallest = smallestScales(own, accumulatorSteps(node, graph, affines, weightsFor));
      const isCoarse = own.scale.every((scale, c) => scale >= smallest[c]!);
      if (isCoarse || fixed.has(node.output)) continue;
      const wider = {
        ...own,
        scale: own.scale.map((scale, c) => Math.max(scale, nextFloat32(smallest[c]!))),
      };
      for (const member of groups[node.output]!) affines[member] = wider;
      isSettled = false;
    }
    if (isSettled) return affines;
  }
  assert(false, 'the scales of the maps do not settle');
}

/** What each scale of a map must reach, given the steps of the sums that it is made of: one, or one for each channel. */
function smallestScales(own: Affine, steps: Float64Array): Float64Array {
  if (own.scale.length === 1) return Float64Array.of(Math.max(0, ...steps) / SINGLE_SCALE_LIMIT);
  return own.scale.map((_, c) => (steps[steps.length === 1 ? 0 : c] ?? 0) / SINGLE_SCALE_LIMIT);
}

/**
 * The same weights raised by the least power of two that leaves no channel a sum of too large steps for `single`
 * requantization. `outputScale` as in `Affine`.
 */
export function raiseForSingle(
  { weights, accumulatorScale }: IntegerWeights,
  outputScale: Float64Array,
): IntegerWeights {
  const isTooCoarse = (step: number, c: number): boolean =>
    step / 2 ** raise / outputScale[c % outputScale.length]! >= SINGLE_SCALE_LIMIT;
  let raise = 0;
  while (raise < roomToRaise(weights) && accumulatorScale.some(isTooCoarse)) raise++;
  return {
    weights: {
      ...weights,
      raise,
      data: weights.data.map((value) => value << raise),
      bias: weights.bias.map((bias) => bias << raise),
    },
    accumulatorScale: accumulatorScale.map((step) => step / 2 ** raise),
  };
}

/** Bits by which weights can be raised. */
function roomToRaise({ bits }: QuantWeights): number {
  return 8 - bits;
}

/** Real value of the finest step that a node's sums can have; none where it requantizes no sums. */
function accumulatorSteps(
  node: Node,
  graph: Graph,
  affines: readonly Affine[],
  weightsFor: WeightQuantizer,
): Float64Array {
  const input = affines[node.inputs[0]!]!;
  switch (node.kind) {
    case 'conv':
    case 'depthwise':
    case 'dense': {
      const { weights, accumulatorScale } = weightsFor(node, input);
      return accumulatorScale.map((step) => step / 2 ** roomToRaise(weights));
    }
    case 'mean':
    case 'pool': {
      if (input === affines[node.output]) return new Float64Array(0);
      const { h, w } = inputOf(graph, node).shape;
      return input.scale.map((scale) => scale / (h * w));
    }
    case 'add':
    case 'pad':
    case 'concat':
    case 'reshape':
    case 'softmax':
    case 'argmax':
    case 'pointwise':
    case 'requantize':
    case 'binary':
    case 'rearrange':
    case 'resize':
      return new Float64Array(0);
  }
}

/** A float32 value a little above x, so that what is divided by it stays below a limit. */
function nextFloat32(x: number): number {
  return Math.fround(x * (1 + 2 ** -22));
}
