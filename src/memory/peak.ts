import type { KernelMemory } from '../ir/memory-plan.ts';
import { layerOf, type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule, TapeStep } from '../ir/schedule.ts';
import {
  demandWith,
  findDemand,
  findMapDemand,
  type Buffer,
  type Demand,
  type LiveStretch,
} from './buffers.ts';

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
  return layerPeaks(model, findDemand(model, schedule, kernels));
}

/** The same for several choices of kernels, of a schedule whose `steps` are known. */
export function peakBytesByChoice(
  model: QuantModel,
  schedule: Schedule,
  steps: readonly TapeStep[],
  choices: readonly (readonly KernelMemory[])[],
): readonly (readonly number[])[] {
  const maps = findMapDemand(model, schedule, steps);
  return choices.map((kernels) => layerPeaks(model, demandWith(model, maps, kernels)));
}

function layerPeaks(model: QuantModel, demand: Demand): readonly number[] {
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
  return withoutReplaced(model, demand, live.subarray(0, steps.length));
}

/** Less the bytes that the output of a step may share with an input that ends there. */
function withoutReplaced(model: QuantModel, { steps, buffers }: Demand, live: Float64Array): Float64Array {
  const births = bytesAtSteps(buffers, ({ birth }) => birth);
  const deaths = bytesAtSteps(buffers, ({ death }) => death);
  return live.map((bytes, step) => {
    const { output } = layerOf(model, steps[step]!.layer);
    const { replaces } = buffers[output]!;
    if (replaces.size === 0) return bytes;
    const ends = [...replaces].map((map) => deaths(map, step));
    return bytes - Math.min(births(output, step), Math.max(...ends));
  });
}

/** Tells how many bytes of a buffer `stepOf` puts at a step. */
function bytesAtSteps(
  buffers: readonly Buffer[],
  stepOf: (stretch: LiveStretch) => number,
): (buffer: number, step: number) => number {
  const found = new Map<number, ReadonlyMap<number, number>>();
  const bytesOf = (buffer: number): ReadonlyMap<number, number> => {
    const bytes = new Map<number, number>();
    for (const stretch of buffers[buffer]!.stretches) {
      const step = stepOf(stretch);
      bytes.set(step, (bytes.get(step) ?? 0) + stretch.toByte - stretch.fromByte);
    }
    found.set(buffer, bytes);
    return bytes;
  };
  return (buffer, step) => (found.get(buffer) ?? bytesOf(buffer)).get(step) ?? 0;
}
