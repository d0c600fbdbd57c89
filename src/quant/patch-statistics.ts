import type { MapArea } from '../ir/classify.ts';
import { tensorOf, type Graph, type TensorId } from '../ir/graph.ts';
import { prepareFloat } from '../reference/float/executor.ts';
import { StatisticsCollector, type TensorStatistics } from './histogram.ts';

/** What a patch computes of each tensor of its stage. */
export type PatchAreas = ReadonlyMap<TensorId, MapArea>;

/**
 * Runs the float network on every calibration sample and gathers the statistics of the patches that `isIncluded`: of
 * each of their tensors, the area that the patch computes (halo included). Tensors that no included patch computes are
 * absent.
 */
export async function collectPatchStatistics(
  graph: Graph,
  sampleCount: number,
  sample: (index: number) => readonly Float32Array[],
  patches: readonly PatchAreas[],
  isIncluded: (sample: number, patch: number) => boolean,
  onProgress?: (samplesDone: number) => void,
): Promise<ReadonlyMap<TensorId, TensorStatistics>> {
  const executor = await prepareFloat(graph);
  try {
    const collectors = new Map<TensorId, StatisticsCollector>();
    for (let i = 0; i < sampleCount; i++) {
      const included = patches.filter((_, patch) => isIncluded(i, patch));
      executor.run(sample(i), (tensor, values) => {
        const { w, c } = tensorOf(graph, tensor).shape;
        for (const areas of included) {
          const area = areas.get(tensor);
          if (area === undefined) continue;
          const collector = collectors.get(tensor) ?? new StatisticsCollector(c);
          collectors.set(tensor, collector);
          for (let y = area.rows.from; y < area.rows.to; y++) {
            collector.add(values.subarray((y * w + area.columns.from) * c, (y * w + area.columns.to) * c));
          }
        }
      });
      onProgress?.(i + 1);
    }
    return new Map([...collectors].map(([tensor, collector]) => [tensor, collector.statistics]));
  } finally {
    executor.dispose();
  }
}
