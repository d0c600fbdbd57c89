import type { KernelMemory } from '../ir/memory-plan.ts';
import { layerOf, type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule } from '../ir/schedule.ts';
import { sum } from '../util/math.ts';
import { findDemand, type Demand, type LiveStretch } from './buffers.ts';

/** The most bytes live at once, and the layer at whose step that is. */
export interface Peak {
  readonly bytes: number;
  readonly layer: LayerId;
}

/** The most bytes of maps and scratch live at once over all steps of the tape: no placement needs fewer. */
export function peakBytes(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly KernelMemory[] = [],
): number {
  return findPeak(model, findDemand(model, schedule, kernels)).bytes;
}

/** The same for the steps of each layer by itself. */
export function peakBytesByLayer(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly KernelMemory[] = [],
): readonly number[] {
  const demand = findDemand(model, schedule, kernels);
  const peaks = model.layers.map(() => 0);
  liveBytesByStep(model, demand).forEach((bytes, step) => {
    const { layer } = demand.steps[step]!;
    peaks[layer] = Math.max(peaks[layer]!, bytes);
  });
  return peaks;
}

/** The maps that have bytes in memory where the most are live. */
export function mapsAtPeak(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly KernelMemory[],
): readonly MapId[] {
  const demand = findDemand(model, schedule, kernels);
  const live = liveBytesByStep(model, demand);
  const step = live.reduce((peak, bytes, at) => (bytes > live[peak]! ? at : peak), 0);
  return model.maps
    .filter(({ id }) =>
      demand.buffers[id]!.stretches.some(({ birth, death }) => birth <= step && step <= death),
    )
    .map(({ id }) => id);
}

export function findPeak(model: QuantModel, demand: Demand): Peak {
  const live = liveBytesByStep(model, demand);
  let peak: Peak = { bytes: 0, layer: demand.steps[0]?.layer ?? 0 };
  live.forEach((bytes, step) => {
    if (bytes > peak.bytes) peak = { bytes, layer: demand.steps[step]!.layer };
  });
  return peak;
}

/** Bytes live at each step; what an output replaces counts once. */
function liveBytesByStep(model: QuantModel, demand: Demand): Float64Array {
  const { steps, buffers } = demand;
  const live = new Float64Array(steps.length + 1);
  for (const { stretches } of buffers) {
    for (const { fromByte, toByte, birth, death } of stretches) {
      live[Math.max(birth, 0)]! += toByte - fromByte;
      live[Math.min(death + 1, steps.length)]! -= toByte - fromByte;
    }
  }
  for (let step = 1; step < steps.length; step++) live[step]! += live[step - 1]!;
  return live.subarray(0, steps.length).map((bytes, step) => bytes - replacedBytes(model, demand, step));
}

/** Bytes that the output of a step may share with an input that ends there. */
function replacedBytes(model: QuantModel, { steps, buffers }: Demand, step: number): number {
  const { replaces, stretches } = buffers[layerOf(model, steps[step]!.layer).output]!;
  if (replaces.size === 0) return 0;
  const born = bytesWhere(stretches, (stretch) => stretch.birth === step);
  const ends = [...replaces].map((map) =>
    bytesWhere(buffers[map]!.stretches, (stretch) => stretch.death === step),
  );
  return Math.min(born, Math.max(...ends));
}

function bytesWhere(stretches: readonly LiveStretch[], holds: (stretch: LiveStretch) => boolean): number {
  return sum(stretches.filter(holds).map((stretch) => stretch.toByte - stretch.fromByte));
}
