import { fail } from './diagnostics/diagnostic.ts';
import { UNMEASURED_COSTS } from './ir/kernel-cost.ts';
import type { QuantModel } from './ir/quant-model.ts';
import type { Schedule } from './ir/schedule.ts';
import type { Target } from './ir/target.ts';
import { planWithCmsisNn, type KernelChoice } from './lower/cmsis-nn/plan.ts';
import type { LayerKernel } from './lower/layer-context.ts';
import { lowerModel, offerKernels } from './lower/lower.ts';
import { mapsAtPeak } from './memory/peak.ts';
import type { ExecutionLimits, Optimization } from './search/objective.ts';
import { planExecution, type PlannedExecution } from './search/plan-execution.ts';
import { asksForPatches, type ScheduleKind, type ScheduleWishes } from './search/ways.ts';
import { tensorsOf, type Footprint } from './search/widths/footprint.ts';
import { sum } from './util/math.ts';

/** How a model is to be executed. */
export interface PlanOptions extends ScheduleWishes, ExecutionLimits {
  readonly schedule: ScheduleKind;
  readonly optimize: Optimization;
  readonly kernels: KernelChoice;
}

/** A schedule in its memory, and the kernel that each layer runs on. */
export interface PlannedModel {
  readonly planned: PlannedExecution;
  readonly kernels: readonly LayerKernel[];
}

/** Refuses with QM715 or QM718 what no model can be planned with. */
export function checkPlanOptions(options: PlanOptions): void {
  const { schedule, pushRows, kernels } = options;
  if (asksForPatches(schedule, options) && pushRows) fail('QM715', { path: '--push-rows' });
  if (kernels !== 'native' && (!maybeByLayers(schedule) || pushRows)) {
    fail('QM718', { path: '--kernels' }, { kernels });
  }
}

/** Whether a network may be computed one whole layer after the other, which is all that CMSIS-NN can do. */
function maybeByLayers(schedule: ScheduleKind): boolean {
  return schedule === 'layer' || schedule === 'auto';
}

/**
 * The plan of a model for a target. `settled`: a schedule that is not to be chosen any more, which rows that arrive one by one
 * (QM715) and CMSIS-NN (QM718) cannot do with. What the alternatives of a plan with CMSIS-NN cost, and its instructions, are those
 * of our own kernels.
 */
export function planModel(
  model: QuantModel,
  target: Target,
  options: PlanOptions,
  settled: Schedule | null,
): PlannedModel {
  const { kernels: choice } = options;
  if (settled !== null && choice !== 'native') fail('QM718', { path: '--kernels' }, { kernels: choice });

  if (choice === 'native') return planNative(model, target, options, settled);
  const native = planNative(model, target, { ...options, schedule: 'layer' }, null);
  const { schedule, plan, kernels } = planWithCmsisNn(model, target.features, native.kernels, choice);
  return { planned: { ...native.planned, schedule, plan, bytes: plan.arenaBytes }, kernels };
}

/** What a model takes on a target, planned as it will be. */
export function footprintOf(model: QuantModel, target: Target, options: PlanOptions): Footprint {
  const { planned, kernels } = planNative(model, target, options, null);
  const { schedule, plan } = planned;
  const { constants } = lowerModel('', model, schedule, plan, kernels);
  return {
    arenaBytes: plan.arenaBytes,
    constantBytes: sum(constants.map(({ data }) => data.byteLength)),
    liveAtPeak: tensorsOf(model, mapsAtPeak(model, schedule, kernels)),
  };
}

function planNative(
  model: QuantModel,
  { features, costs }: Target,
  options: PlanOptions,
  settled: Schedule | null,
): PlannedModel {
  const offers = offerKernels(model, features);
  const planned = planExecution(model, offers, costs ?? UNMEASURED_COSTS, {
    kind: options.schedule,
    settled,
    optimize: options.optimize,
    wishes: options,
    limits: options,
  });
  return { planned, kernels: offers.map((offered, layer) => offered[planned.kernels[layer]!]!) };
}
