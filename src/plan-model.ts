import { fail } from './diagnostics/diagnostic.ts';
import { UNMEASURED_COSTS } from './ir/kernel-cost.ts';
import type { QuantModel } from './ir/quant-model.ts';
import type { Schedule } from './ir/schedule.ts';
import type { Target } from './ir/target.ts';
import { planWithCmsisNn, type KernelChoice } from './lower/cmsis-nn/plan.ts';
import type { LayerKernel } from './lower/layer-context.ts';
import { lowerModel, offerKernels } from './lower/lower.ts';
import { mapsAtPeak } from './memory/peak.ts';
import { scheduleByLayers } from './schedule/by-layers.ts';
import type { ExecutionLimits, Optimization } from './search/objective.ts';
import { storePairs } from './search/pairs-between.ts';
import { objectiveOf, planExecution, type PlannedExecution } from './search/plan-execution.ts';
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

/** Refuses with QM715 what no model can be planned with. */
export function checkPlanOptions(options: PlanOptions): void {
  if (asksForPatches(options.schedule, options) && options.pushRows) fail('QM715', { path: '--push-rows' });
}

/**
 * The plan of a model for a target. `settled`: a schedule that is not to be chosen any more, which rows that arrive one by one
 * (QM715) cannot do with. What the alternatives of a plan with CMSIS-NN cost, and its instructions, are those of our own kernels.
 */
export function planModel(
  model: QuantModel,
  target: Target,
  options: PlanOptions,
  settled: Schedule | null,
): PlannedModel {
  const { kernels: choice } = options;
  if (choice === 'native') return planNative(model, target, options, settled);
  const [first, ...others] = kindsWithCmsisNn(options, settled).map(
    (kind) => (): PlannedModel => planCalls(model, target, { ...options, schedule: kind }, settled, choice),
  );
  const maxBytes = options.maxRam ?? Infinity;
  return others.reduce((best, next) => {
    if (best.planned.bytes <= maxBytes) return best;
    const other = next();
    return other.planned.bytes < best.planned.bytes ? other : best;
  }, first!());
}

/** With a choice of schedules: whole layers, which want the fewest calls; where they take too much memory, what our own kernels would run on. */
function kindsWithCmsisNn(options: PlanOptions, settled: Schedule | null): readonly ScheduleKind[] {
  const { schedule, pushRows } = options;
  const isFree = schedule === 'auto' && settled === null && !pushRows && !asksForPatches(schedule, options);
  return isFree ? ['layer', 'auto'] : [schedule];
}

function planCalls(
  model: QuantModel,
  target: Target,
  options: PlanOptions,
  settled: Schedule | null,
  choice: Exclude<KernelChoice, 'native'>,
): PlannedModel {
  const native = planValues(model, target, options, settled);
  // No call need be cut so that its output can follow into its input.
  const isWhole = options.schedule === 'layer' && settled === null && !options.pushRows;
  const base = isWhole ? scheduleByLayers(model) : native.planned.schedule;
  const { schedule, plan, kernels } = planWithCmsisNn(
    model,
    target,
    { schedule: base, kernels: native.kernels },
    choice,
  );
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

/** With our own kernels, which hand each other what they multiply where that is better by what is asked for. */
function planNative(
  model: QuantModel,
  target: Target,
  options: PlanOptions,
  settled: Schedule | null,
): PlannedModel {
  const { planned, kernels } = planValues(model, target, options, settled);
  const objective = objectiveOf(model, { optimize: options.optimize, limits: options });
  const asValues = { ...planned, chosen: kernels };
  const { chosen, ...found } = storePairs(model, asValues, target.costs ?? UNMEASURED_COSTS, objective);
  return { planned: found, kernels: chosen };
}

/** The same with every map as values, which any other kernel reads too. */
function planValues(
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
