import { inputOf, type Graph, type TensorId } from '../ir/graph.ts';
import { macsOf } from '../ir/macs.ts';
import type { MapBits } from '../ir/quantization.ts';
import { mergeStatistics } from '../quant/histogram.ts';
import { affineOfRange, leastErrorRange } from '../quant/range.ts';
import { groupBySharedQuantization } from '../quant/shared.ts';
import type { CalibrationStatistics } from '../quant/statistics.ts';
import { sum } from '../util/math.ts';
import { quantizedEntropy } from './entropy.ts';
import type { ScoredGroup } from './vdqs.ts';

/**
 * What VDQS has to know of the maps that it may narrow, `tensors`: those that share a quantization together, and none that
 * shares one with a map outside.
 */
export function scoredGroups(
  graph: Graph,
  tensors: readonly TensorId[],
  statistics: CalibrationStatistics,
  weightBits: number,
): readonly ScoredGroup[] {
  const own = new Set(tensors);
  const groups = new Set(groupBySharedQuantization(graph, new Map()));
  return [...groups]
    .filter((group) => group.every((tensor) => own.has(tensor)))
    .map((group) => {
      const merged = mergeStatistics(group.map((tensor) => statistics[tensor]!));
      const entropy = (bits: MapBits): number =>
        quantizedEntropy(merged.histogram, affineOfRange(leastErrorRange(merged, bits), bits));
      return {
        tensors: group,
        entropy: { 8: entropy(8), 4: entropy(4), 2: entropy(2) },
        bitOpsPerBit: weightBits * sum(group.map((tensor) => macsReading(graph, tensor))),
      };
    });
}

/** MACs of the nodes that multiply the values of a tensor. */
function macsReading(graph: Graph, tensor: TensorId): number {
  return sum(
    graph.nodes
      .filter((node) => 'weights' in node && inputOf(graph, node).id === tensor)
      .map((node) => macsOf(node, graph)),
  );
}
