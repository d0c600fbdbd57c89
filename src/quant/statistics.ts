import type { Graph } from '../ir/graph.ts';
import { prepareFloat } from '../reference/float/executor.ts';
import { assert } from '../util/never.ts';
import { StatisticsCollector, type TensorStatistics } from './histogram.ts';

/** Statistics by tensor id. */
export type CalibrationStatistics = readonly TensorStatistics[];

/**
 * Runs the float network on every calibration sample and gathers the statistics of all feature maps. `sample(i)` gives
 * the real (preprocessed) values of each graph input. `onProgress` hears of the samples done. Maps of fewer
 * than 8 bits want the statistics of each channel as well (`byChannel`).
 */
export async function collectStatistics(
  graph: Graph,
  sampleCount: number,
  sample: (index: number) => readonly Float32Array[],
  onProgress?: (samplesDone: number) => void,
  { byChannel = false }: { readonly byChannel?: boolean } = {},
): Promise<CalibrationStatistics> {
  assert(sampleCount > 0, 'calibration needs a sample');
  const executor = await prepareFloat(graph);
  try {
    const collectors = graph.tensors.map(({ shape }) => new StatisticsCollector(byChannel ? shape.c : null));
    for (let i = 0; i < sampleCount; i++) {
      executor.run(sample(i), (tensor, values) => {
        collectors[tensor]!.add(values);
      });
      onProgress?.(i + 1);
    }
    return collectors.map((collector) => collector.statistics);
  } finally {
    executor.dispose();
  }
}
