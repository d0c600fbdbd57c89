import { mapOf, packedRowBytes, type QuantModel } from '../ir/quant-model.ts';
import type { ScratchBudget } from '../ir/scratch-budget.ts';
import { playSchedule } from '../ir/play-schedule.ts';
import { peakBytesByLayer } from '../memory/peak.ts';
import { macsPerPixel } from '../ir/scheduled-macs.ts';
import { sum } from '../util/math.ts';
import { planSchedule, chooseSchedule, type ScheduleKind, type ScheduleWishes } from './choose-schedule.ts';
import type { PlannedSchedule } from './overlap.ts';
import type { Schedule } from '../ir/schedule.ts';

/** What is worth more: instructions or bytes of RAM. */
export type Optimization = 'time' | 'balanced' | 'size';

/** A schedule with its memory, and the scratch that its kernels were given; null: the portable ones, which take least. */
export interface PlannedExecution extends PlannedSchedule {
  readonly budget: ScratchBudget | null;
}

/** Scratch that each layer gets at least, however full the arena is beside it: from fast kernels to small ones. */
const FLOORS_BYTES = [8192, 6144, 4096, 3072, 2560, 2048, 1536, 1024, 768, 512, 0] as const;
/** What faster kernels may add: to what maps kept whole take, or to the least possible arena where rows are streamed or patched. */
const EXTRA_BYTES = 2560;
/** What they may add where memory is worth more than time. */
const SIZE_EXTRA_BYTES = 1024;

/** How much of an arena to fill where its layers are given what their maps leave free. */
const SHARES_FILLED = [1, 0.95, 0.9, 0.8] as const;

/** What a layer's kernel asks for, and whether it is the portable one. */
export interface KernelNeeds {
  readonly scratchBytes: number;
  readonly isPortable: boolean;
}

interface Candidate {
  /** Whether layers may be cut into rows. */
  readonly overlaps: boolean;
  readonly budget: ScratchBudget | null;
  readonly plan: (scratchBytes: readonly number[]) => PlannedSchedule;
}

/**
 * Plans a model with the fastest kernels whose scratch fits: into --max-ram where it is given; else, `balanced`, into 2.5 KB
 * more than maps kept whole take (`layer`) or than the least arena (other schedules). `time` asks for no limit, `size` for 1 KB
 * more than the least arena, which only portable kernels can do with. `settled`: a schedule that is not to be chosen any more.
 */
export function planExecution(
  model: QuantModel,
  kernelsFor: (budget: ScratchBudget | null) => readonly KernelNeeds[],
  choice: { readonly kind: ScheduleKind; readonly settled: Schedule | null; readonly optimize: Optimization },
  wishes: ScheduleWishes & { readonly maxRam: number | null },
): PlannedExecution {
  const { kind, settled, optimize } = choice;
  const isByLayer = settled === null && kind === 'layer';
  const live = liveBytesByLayer(model);
  const peakBytes = Math.max(...live);
  const planAs =
    (overlap: boolean) =>
    (scratchBytes: readonly number[]): PlannedSchedule =>
      settled === null
        ? chooseSchedule(model, scratchBytes, kind, { ...wishes, overlap })
        : planSchedule(model, settled, scratchBytes);
  const plan = ({ budget, plan: planWith }: Omit<Candidate, 'overlaps'>): Ranked => {
    const kernels = kernelsFor(budget);
    const planned = planWith(kernels.map(({ scratchBytes }) => scratchBytes));
    let portableMacs = 0;
    let calls = 0;
    for (const { layer, y0, y1, x0, x1 } of playSchedule(model, planned.schedule, () => true)) {
      calls += 1;
      if (kernels[layer]!.isPortable) portableMacs += (y1 - y0) * (x1 - x0) * macsPerPixel(model, layer);
    }
    return { ...planned, budget, portableMacs, calls };
  };
  const least = plan({ budget: null, plan: planAs(true) });
  const limitBytes =
    wishes.maxRam ??
    {
      time: Infinity,
      balanced: (isByLayer ? peakBytes : least.plan.arenaBytes) + EXTRA_BYTES,
      size: least.plan.arenaBytes + SIZE_EXTRA_BYTES,
    }[optimize];
  const fillBytes = Math.min(peakBytes, limitBytes);
  const budgets = FLOORS_BYTES.flatMap((floor) =>
    [Infinity, floor].map((capBytes): ScratchBudget => ({
      aimBytes: live.map((bytes) => (isByLayer ? Math.max(floor, fillBytes - bytes) : floor)),
      capBytes,
    })),
  );
  const candidates: readonly Candidate[] = [
    ...(isByLayer ? budgets.map((budget) => ({ overlaps: false, budget, plan: planAs(false) })) : []),
    ...[...budgetsBeside(model, least.schedule, limitBytes), ...budgets].map((budget) => ({
      overlaps: true,
      budget,
      plan: planAs(true),
    })),
  ];
  let best = least;
  const tried = new Set<string>();
  for (const candidate of candidates) {
    const scratch = kernelsFor(candidate.budget).map(({ scratchBytes, isPortable }) =>
      isPortable ? -1 : scratchBytes,
    );
    const key = `${candidate.overlaps} ${scratch.join()}`;
    if (tried.has(key)) continue;
    tried.add(key);
    const planned = plan(candidate);
    if (planned.plan.arenaBytes <= limitBytes && isFaster(planned, best)) best = planned;
    if (best.portableMacs === 0 && best.calls === model.layers.length) break;
  }
  return best;
}

/**
 * For each layer what its steps leave free of an arena of that many bytes, or of a smaller one, since maps and scratch are
 * seldom placed without gaps.
 */
function budgetsBeside(model: QuantModel, schedule: Schedule, limitBytes: number): readonly ScratchBudget[] {
  if (limitBytes === Infinity) return [];
  const live = peakBytesByLayer(model, schedule);
  return SHARES_FILLED.map((share) => ({
    aimBytes: live.map((bytes) => Math.max(0, Math.floor(share * limitBytes) - bytes)),
    capBytes: 0,
  }));
}

/** A plan with what tells how fast it is. */
interface Ranked extends PlannedExecution {
  /** MACs that the portable kernels compute: several times slower than the others. */
  readonly portableMacs: number;
  /** Kernel calls, each of which prepares its weights anew. */
  readonly calls: number;
}

function isFaster(a: Ranked, b: Ranked): boolean {
  return a.portableMacs === b.portableMacs ? a.calls < b.calls : a.portableMacs < b.portableMacs;
}

/** Bytes of the maps that are needed while each layer runs, were every one stored whole. */
function liveBytesByLayer(model: QuantModel): readonly number[] {
  const lastUse = model.maps.map((map) =>
    model.layers.reduce((last, layer, id) => (layer.inputs.includes(map.id) ? id : last), -1),
  );
  const outputs = new Set(model.outputs.map((port) => port.map));
  const firstUse = model.maps.map((map) => model.layers.findIndex((layer) => layer.output === map.id));
  return model.layers.map((_, id) =>
    sum(
      model.maps.map((map) => {
        const isLive = firstUse[map.id]! <= id && (lastUse[map.id]! >= id || outputs.has(map.id));
        return isLive ? map.shape.h * packedRowBytes(mapOf(model, map.id)) : 0;
      }),
    ),
  );
}
