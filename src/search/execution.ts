import { scheduledMacsByLayer, wholeMacs } from '../ir/scheduled-macs.ts';
import type { LayerId, QuantModel } from '../ir/quant-model.ts';
import type { KernelMemory } from '../ir/memory-plan.ts';
import type { Execution, Schedule, Segment } from '../ir/schedule.ts';
import { peakBytesByLayer } from '../memory/peak.ts';
import { sum } from '../util/math.ts';

/** What a schedule costs in multiply-accumulates and memory, as a whole and by segment. */
export function describeExecution(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly KernelMemory[],
): Execution {
  const macs = scheduledMacsByLayer(model, schedule);
  const peaks = peakBytesByLayer(model, schedule, kernels);
  return {
    macs: sum(macs.values()),
    segments: schedule.segments.map((segment) => ({
      ...segment,
      macs: sum(segment.layers.map((layer) => macs.get(layer)!)),
      macsOnce: sum(playedLayers(model, segment).map((layer) => wholeMacs(model, layer))),
      peakBytes: Math.max(...segment.layers.map((layer) => peaks[layer]!)),
    })),
  };
}

/** The layers of a segment, of two arms only one. */
function playedLayers({ arms }: QuantModel, { layers }: Segment): readonly LayerId[] {
  return layers.filter((layer) => !arms?.regular.includes(layer));
}
