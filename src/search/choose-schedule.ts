import { fail } from '../diagnostics/diagnostic.ts';
import type { QuantModel } from '../ir/quant-model.ts';
import type { Schedule } from '../ir/schedule.ts';
import { planMemory } from '../memory/plan.ts';
import { scheduleByLayers } from '../schedule/by-layers.ts';
import { scheduleStream } from '../schedule/by-rows.ts';
import { pushInput } from '../schedule/push-input.ts';
import { fuseLayers } from './fuse.ts';
import { planLayers, type PlannedSchedule } from './overlap.ts';
import { choosePatches, type PatchWishes } from './patch-stage.ts';

export type ScheduleKind = 'auto' | 'layer' | 'patch' | 'stream';

/** What the user fixes of a schedule. */
export interface ScheduleWishes extends PatchWishes {
  /** Whether the input arrives row by row. */
  readonly pushRows: boolean;
  /** Whether layers may be cut into rows where that lets their output take the place of their input; true by default. */
  readonly overlap?: boolean;
}

/**
 * The schedule of the kind asked for with the smallest arena. `auto`: whichever of `layer` and `stream` takes less, neither of
 * which computes anything twice; patches where their grid or their end is given. Fails with QM715 where patches should do
 * with rows as they arrive, and as `choosePatches` does.
 */
export function chooseSchedule(
  model: QuantModel,
  scratchBytes: readonly number[],
  kind: ScheduleKind,
  wishes: ScheduleWishes,
): PlannedSchedule {
  const { pushRows, overlap = true } = wishes;
  const plan = (schedule: Schedule): PlannedSchedule => planSchedule(model, schedule, scratchBytes);
  switch (kind) {
    case 'layer': {
      const resident = planLayers(model, scheduleByLayers(model), scratchBytes, { overlap });
      return pushRows ? plan(pushInput(model, resident.schedule)) : resident;
    }
    case 'stream':
      return smallest(streams(model, scratchBytes, pushRows).map(plan));
    case 'patch':
      return pushRows
        ? fail('QM715', { path: '--push-rows' })
        : plan(choosePatches(model, wishes, scratchBytes));
    case 'auto': {
      const isCut = wishes.split !== null || wishes.patches !== null;
      const kinds = isCut ? (['patch'] as const) : (['layer', 'stream'] as const);
      return smallest(kinds.map((each) => chooseSchedule(model, scratchBytes, each, wishes)));
    }
  }
}

/** A schedule that is settled, with its memory. */
export function planSchedule(
  model: QuantModel,
  schedule: Schedule,
  scratchBytes: readonly number[],
): PlannedSchedule {
  return { schedule, plan: planMemory(model, schedule, scratchBytes) };
}

/** Streams that differ in where they are cut: which of them can be placed best is known only once they are. */
function streams(model: QuantModel, scratchBytes: readonly number[], pushed: boolean): readonly Schedule[] {
  const uncut = scheduleStream(model);
  return [
    fuseLayers(model, scratchBytes, { overlap: false, pushed }),
    fuseLayers(model, scratchBytes, { overlap: true, pushed }),
    pushed ? pushInput(model, uncut) : uncut,
  ];
}

/** The first of those with the smallest arena. */
function smallest(planned: readonly PlannedSchedule[]): PlannedSchedule {
  return planned.reduce((best, next) => (next.plan.arenaBytes < best.plan.arenaBytes ? next : best));
}
