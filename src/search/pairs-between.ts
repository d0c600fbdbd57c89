import type { KernelOffer, TargetCosts } from '../ir/kernel-cost.ts';
import { mapsStoredByWindow } from '../ir/play-schedule.ts';
import { type LayerId, type MapId, type QuantModel } from '../ir/quant-model.ts';
import { peakBytes } from '../memory/peak.ts';
import { planMemory } from '../memory/plan.ts';
import { worksOf } from './execution-option.ts';
import type { ExecutionFigures, Objective } from './objective.ts';
import type { PlannedSchedule } from './overlap.ts';
import { instructionsOfWork } from './priced-option.ts';

/** Maps that are placed as pairs one by one, at most. */
const MAX_PLACEMENTS = 12;

/** A map that one layer could hand another as pairs, and the instructions that this saves. */
interface Candidate {
  readonly map: MapId;
  readonly writer: LayerId;
  readonly reader: LayerId;
  readonly saved: number;
}

/** A kernel, and what it is on pairs. */
type Offer<K> = KernelOffer & { readonly onPairs?: K };

/** A placed schedule, what it takes, and the kernels that its layers run on. */
export interface Execution<K> extends PlannedSchedule, ExecutionFigures {
  readonly chosen: readonly K[];
}

/**
 * The execution with maps that one layer hands the only one that reads them as pairs, which this need not lay out itself: those with which
 * it is better by the objective. Pairs take twice the bytes of a map, and the reader no scratch for them: in a stream, where a row is
 * read as soon as it is written, this is free; of a whole map it is a matter of what else lives.
 */
export function storePairs<K extends Offer<K>, E extends Execution<K>>(
  model: QuantModel,
  placed: E & Execution<K>,
  costs: TargetCosts,
  objective: Objective,
): E & Execution<K> {
  const place = (taken: readonly Candidate[]): E & Execution<K> => {
    const chosen = withPairs(placed.chosen, taken);
    const plan = planMemory(model, placed.schedule, chosen);
    const instructions = placed.instructions - Math.round(savedBy(taken));
    return { ...placed, plan, chosen, bytes: plan.arenaBytes, instructions };
  };
  const paying = choosePairs(model, placed, costs, objective);
  if (paying.length === 0) return placed;
  const all = place(paying);
  if (objective.compare(all, placed) < 0) return all;
  // Together they find no place as good as what lives at the peak; one by one some may.
  let best: { readonly taken: readonly Candidate[]; readonly found: E & Execution<K> } = {
    taken: [],
    found: placed,
  };
  for (const candidate of paying.slice(0, MAX_PLACEMENTS)) {
    const taken = [...best.taken, candidate];
    const found = place(taken);
    if (objective.compare(found, best.found) < 0) best = { taken, found };
  }
  return best.found;
}

/** The candidates that pay, those that save most first, by the bytes that live at the peak. */
function choosePairs<K extends Offer<K>>(
  model: QuantModel,
  placed: Execution<K>,
  costs: TargetCosts,
  objective: Objective,
): readonly Candidate[] {
  const candidates = findCandidates(model, placed, costs).sort((a, b) => b.saved - a.saved);
  let taken: readonly Candidate[] = [];
  let figures: ExecutionFigures = placed;
  for (const candidate of candidates) {
    const more = [...taken, candidate];
    const peak = peakBytes(model, placed.schedule, withPairs(placed.chosen, more));
    const bytes = Math.max(figures.bytes, peak);
    const next = { ...figures, bytes, instructions: placed.instructions - savedBy(more) };
    if (objective.compare(next, figures) < 0) [taken, figures] = [more, next];
  }
  return taken;
}

function savedBy(candidates: readonly Candidate[]): number {
  return candidates.reduce((total, { saved }) => total + saved, 0);
}

function withPairs<K extends Offer<K>>(
  kernels: readonly K[],
  candidates: readonly Candidate[],
): readonly K[] {
  const on = new Set(candidates.flatMap(({ writer, reader }) => [writer, reader]));
  return kernels.map((kernel, layer) => (on.has(layer) ? (kernel.onPairs ?? kernel) : kernel));
}

/** The maps whose only writer and only reader have kernels for pairs, and that no window cuts. */
function findCandidates(
  model: QuantModel,
  { schedule, chosen }: Execution<Offer<unknown>>,
  costs: TargetCosts,
): Candidate[] {
  const works = new Map(worksOf(model, schedule).map((work) => [work.layer, work]));
  const kept = new Set([...mapsStoredByWindow(model, schedule), ...model.outputs.map(({ map }) => map)]);
  const savedOn = (layer: LayerId): number => {
    const work = works.get(layer);
    if (work === undefined) return 0;
    const [before, after] = [chosen[layer]!, chosen[layer]!.onPairs!];
    return instructionsOfWork(work, before, costs) - instructionsOfWork(work, after, costs);
  };
  return model.layers.flatMap(({ id: writer, output: map }) => {
    const readers = model.layers.filter(({ inputs }) => inputs.includes(map));
    const [reader] = readers;
    const fits =
      reader !== undefined &&
      readers.length === 1 &&
      !kept.has(map) &&
      chosen[writer]!.onPairs?.writes === 'pairs' &&
      chosen[reader.id]!.onPairs?.reads === 'pairs';
    if (!fits) return [];
    const saved = savedOn(writer) + savedOn(reader.id);
    return saved > 0 ? [{ map, writer, reader: reader.id, saved }] : [];
  });
}
