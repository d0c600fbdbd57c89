import { padsNothing } from '../ir/geometry.ts';
import type { Constant, Graph } from '../ir/graph.ts';
import { weightLayout, type WeightedNode } from '../ir/weight-layout.ts';

/** All values that something may have lie between these. */
export interface ValueRange {
  readonly min: number;
  readonly max: number;
}

/** Between what limits the sum of one output channel lies, wherever its window stands. */
export interface AccumulatorRange extends ValueRange {
  /** Bound of the magnitudes of the terms together: what float sums round in proportion to. */
  readonly magnitude: number;
}

/** The stored weight that stands for zero. */
export function zeroWeight({ weights }: WeightedNode, channel: number): number {
  return weights.kind === 'float' ? 0 : weights.zeroPoint[channel % weights.zeroPoint.length]!;
}

/** The bias of an output channel: in steps of the accumulator, which are real values in a float graph. */
export function biasOf(bias: Constant | null, channel: number): number {
  return bias?.data[channel] ?? 0;
}

/**
 * The ranges of the sums Σ w·x + bias for each output channel, where `inputs` are the ranges of the input's channels, as
 * steps from zero (channel-ranges.ts). A tap on the padding adds nothing.
 */
export function accumulatorRanges(
  node: WeightedNode,
  graph: Graph,
  inputs: readonly ValueRange[],
): readonly AccumulatorRange[] {
  const { outputChannels, taps, at, inputChannel } = weightLayout(node, graph);
  const seen = mayPad(node) ? inputs.map(withZero) : inputs;
  return Array.from({ length: outputChannels }, (_, channel) => {
    const zero = zeroWeight(node, channel);
    const bias = biasOf(node.bias, channel);
    let [min, max, magnitude] = [bias, bias, Math.abs(bias)];
    for (let tap = 0; tap < taps; tap++) {
      const weight = node.weights.data[at(channel, tap)]! - zero;
      if (weight === 0) continue;
      const x = seen[inputChannel(channel, tap)]!;
      const [low, high] = weight > 0 ? [weight * x.min, weight * x.max] : [weight * x.max, weight * x.min];
      min += low;
      max += high;
      magnitude += Math.max(Math.abs(low), Math.abs(high));
    }
    return { min, max, magnitude };
  });
}

/** Whether some tap of a node may fall on padding. */
export function mayPad(node: WeightedNode): boolean {
  return node.kind !== 'dense' && !padsNothing(node.window.padding);
}

/** The range that holds zero too. */
export function withZero({ min, max }: ValueRange): ValueRange {
  return { min: Math.min(min, 0), max: Math.max(max, 0) };
}
