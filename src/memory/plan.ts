import type { LayerId, QuantModel } from '../ir/quant-model.ts';
import type { KernelMemory, MemoryPlan, ScratchPlacement } from '../ir/memory-plan.ts';
import type { Schedule } from '../ir/schedule.ts';
import { alignUp } from '../util/math.ts';
import { findDemand, type Demand } from './buffers.ts';
import { findPeak } from './peak.ts';
import { isFree, placeBuffers } from './placement.ts';

export const ARENA_ALIGNMENT_BYTES = 16;

/**
 * Places every map, the sums and the scratch of every layer in one arena. `kernels` has an entry for each layer, or none.
 *
 * Rows, not maps, are what must not collide: a row is live from the step of the tape that writes it to the last that
 * reads it. Sharing memory over time, writing an addition over one of its terms, and letting output rows follow into
 * the input rows that are used up are then the same thing: a choice of offsets.
 */
export function planMemory(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly KernelMemory[],
): MemoryPlan {
  const demand = findDemand(model, schedule, kernels);
  const { offsets, endBytes } = placeBuffers(
    demand.buffers,
    findPeak(model, demand).bytes,
    ARENA_ALIGNMENT_BYTES,
  );
  return planWith(model, demand, kernels, offsets, alignUp(endBytes, ARENA_ALIGNMENT_BYTES));
}

/** The plan of one block that has the buffers of a demand at these offsets. */
export function planWith(
  model: QuantModel,
  demand: Demand,
  kernels: readonly KernelMemory[],
  offsets: readonly number[],
  arenaBytes: number,
): MemoryPlan {
  const peak = findPeak(model, demand);
  const { sumLayers, scratchLayers } = demand;
  const placed = (layer: LayerId, index: number): ScratchPlacement => {
    return { layer, offsetBytes: offsets[index]!, bytes: demand.buffers[index]!.bytes };
  };
  const [firstSum, firstScratch] = [model.maps.length, model.maps.length + sumLayers.length];
  return {
    arenaBytes,
    hotBytes: 0,
    alignmentBytes: ARENA_ALIGNMENT_BYTES,
    maps: demand.storage.map(({ rowBytes, ringRows, layout }, map) => ({
      map,
      offsetBytes: offsets[map]!,
      rowBytes,
      ringRows,
      ...(layout !== undefined && { layout }),
    })),
    scratch: scratchLayers.map((layer, i) => placed(layer, firstScratch + i)),
    sums: sumLayers.map((layer, i) => placed(layer, firstSum + i)),
    replacing: model.layers.map(({ id }) => id).filter((id) => kernels[id]?.replacesInput === true),
    liveBytes: peak.bytes,
    peakLayer: peak.layer,
  };
}

/**
 * The plan for another schedule of the same model, where the places it gives still serve that schedule; null where rows
 * would collide.
 */
export function carryPlanOver(model: QuantModel, schedule: Schedule, plan: MemoryPlan): MemoryPlan | null {
  const demand = findDemand(model, schedule, kernelsOf(model, plan));
  const isStoredAlike = demand.storage.every((storage, map) => storage.ringRows === plan.maps[map]!.ringRows);
  if (!isStoredAlike) return null;
  // A layer that folds its rows in fewer calls may need no sums any more.
  const sums = plan.sums.filter(({ layer }) => demand.sumLayers.includes(layer));
  if (sums.length < demand.sumLayers.length) return null;
  const offsets = [...plan.maps, ...sums, ...plan.scratch].map((placement) => placement.offsetBytes);
  if (!isFree(demand.buffers, offsets)) return null;
  const peak = findPeak(model, demand);
  return { ...plan, sums, liveBytes: peak.bytes, peakLayer: peak.layer };
}

/** What the plan was told of the kernels. */
export function kernelsOf(
  model: QuantModel,
  { maps, scratch, replacing }: MemoryPlan,
): readonly KernelMemory[] {
  return model.layers.map(({ id, output }) => ({
    scratchBytes: scratch.find(({ layer }) => layer === id)?.bytes ?? 0,
    replacesInput: replacing.includes(id),
    writes: maps[output]!.layout ?? 'values',
  }));
}
