import { UNMEASURED_COSTS } from '../../src/ir/kernel-cost.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import type { ExecutionLimits, Optimization } from '../../src/search/objective.ts';
import type { PatchWishes } from '../../src/search/patch-stage.ts';
import { planExecution, type PlannedExecution } from '../../src/search/plan-execution.ts';
import type { ScheduleKind } from '../../src/search/ways.ts';

/** A plan of a model on the portable kernels. */
export function planPortably(
  model: QuantModel,
  kind: ScheduleKind,
  options: {
    readonly pushRows?: boolean;
    /** Rows that arrive can be had again. */
    readonly pullRows?: boolean;
    readonly patches?: PatchWishes['patches'];
    readonly optimize?: Optimization;
    readonly limits?: Partial<ExecutionLimits>;
  } = {},
): PlannedExecution {
  const { pushRows = false, pullRows = false, patches = null, optimize = 'size', limits = {} } = options;
  const offers = portableKernels(model).map((kernel) => [kernel]);
  return planExecution(model, offers, UNMEASURED_COSTS, {
    kind,
    settled: null,
    optimize,
    wishes: { pushRows, pullRows, split: null, patches },
    limits: { maxRam: null, maxMacs: null, maxInstructions: null, ...limits },
  });
}
