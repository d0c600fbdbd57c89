import type { KernelMemory, MemoryPlan } from '../ir/memory-plan.ts';
import { layerOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule } from '../ir/schedule.ts';
import { peakBytesByLayer } from '../memory/peak.ts';
import { carryPlanOver, planMemory } from '../memory/plan.ts';
import { splitLayers, wholeLayers, type StepRows } from '../schedule/by-layers.ts';
import { ceilDiv } from '../util/math.ts';

/** A schedule and the memory plan made for it. */
export interface PlannedSchedule {
  readonly schedule: Schedule;
  readonly plan: MemoryPlan;
}

interface SplitPlan extends PlannedSchedule {
  readonly stepRows: StepRows;
}

/** Chooses between whole layers and overlapped ones, see `overlapLayers`; `overlap: false` keeps every layer whole. */
export function planLayers(
  model: QuantModel,
  schedule: Schedule,
  kernels: readonly KernelMemory[],
  { overlap }: { readonly overlap: boolean },
): PlannedSchedule {
  const whole = { schedule, plan: planMemory(model, schedule, kernels) };
  if (!overlap) return whole;
  const overlapped = overlapLayers(model, schedule, kernels);
  return overlapped.plan.arenaBytes < whole.plan.arenaBytes ? overlapped : whole;
}

/**
 * Lets output rows overwrite input rows that are used up. That needs layers computed in several calls, which cost time: the
 * arena is planned with every layer row by row first; then only the layers that would not fit that arena as a whole stay
 * split, and of these every call takes as many rows as the placement allows.
 */
function overlapLayers(
  model: QuantModel,
  whole: Schedule,
  kernels: readonly KernelMemory[],
): PlannedSchedule {
  const order = whole.segments.flatMap((segment) => segment.layers);
  const plan = (stepRows: StepRows): SplitPlan => {
    const schedule = splitLayers(model, order, stepRows);
    return { schedule, plan: planMemory(model, schedule, kernels), stepRows };
  };

  const heights = wholeLayers(model);
  const rowByRow = plan(heights.map((height, layer) => (maySplit(model, layer) ? 1 : height)));
  const wholePeaks = peakBytesByLayer(model, whole, kernels);
  const selective = plan(
    rowByRow.stepRows.map((rows, layer) =>
      wholePeaks[layer]! > rowByRow.plan.arenaBytes ? rows : heights[layer]!,
    ),
  );
  const best = selective.plan.arenaBytes <= rowByRow.plan.arenaBytes ? selective : rowByRow;

  return order.reduce((chosen, layer) => coarsenSteps(model, order, chosen, layer, heights[layer]!), best);
}

/** Gives the calls of a layer that is split as many rows as the placement allows. */
function coarsenSteps(
  model: QuantModel,
  order: readonly LayerId[],
  chosen: SplitPlan,
  layer: LayerId,
  height: number,
): SplitPlan {
  for (let calls = 1; chosen.stepRows[layer]! < ceilDiv(height, calls); calls *= 2) {
    const stepRows = chosen.stepRows.with(layer, ceilDiv(height, calls));
    const schedule = splitLayers(model, order, stepRows);
    const plan = carryPlanOver(model, schedule, chosen.plan);
    if (plan !== null) return { schedule, plan, stepRows };
  }
  return chosen;
}

/** A reshape over its own input moves nothing, as a whole; in parts its rows and the input's would mix. */
function maySplit(model: QuantModel, layer: LayerId): boolean {
  return layerOf(model, layer).kind !== 'reshape';
}
