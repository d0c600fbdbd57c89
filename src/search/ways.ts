import { fail } from '../diagnostics/diagnostic.ts';
import type { TargetCosts } from '../ir/kernel-cost.ts';
import { mapBytes, mapOf, type QuantModel } from '../ir/quant-model.ts';
import type { Schedule } from '../ir/schedule.ts';
import { scheduleByLayers } from '../schedule/by-layers.ts';
import { chooseLayerOrder } from '../schedule/layer-order.ts';
import { sum } from '../util/math.ts';
import {
  keepingInput,
  layerOptions,
  settledOption,
  streamOptions,
  windowOptions,
  type Option,
} from './execution-option.ts';
import { leastPeak, type Stretch } from './frontier.ts';
import type { ExecutionLimits, Optimization } from './objective.ts';
import { choosePatches, type PatchWishes } from './patch-stage.ts';
import { leastScratch, priceOption, type Offers, type PricedOption } from './priced-option.ts';
import { findCuts, sectionBetween, type Arrival, type Cut, type Section } from './stretches.ts';

export type ScheduleKind = 'auto' | 'layer' | 'patch' | 'stream';

/** What a plan is asked for. */
export interface PlanRequest {
  readonly kind: ScheduleKind;
  /** A schedule that is not to be chosen any more. */
  readonly settled: Schedule | null;
  readonly optimize: Optimization;
  readonly wishes: ScheduleWishes;
  readonly limits: ExecutionLimits;
}

/** What the user fixes of a schedule. */
export interface ScheduleWishes extends PatchWishes, Arrival {}

/** Everything that a planner may choose between: stretches over cuts. */
export interface Ways {
  readonly cuts: number;
  readonly stretches: readonly Stretch[];
  /** What the options that were chosen make, joined, becomes. */
  readonly finish: (joined: Schedule) => Schedule;
  /** A schedule by layers alone, whose layers may be cut into calls as their placement asks; null: not to be tried. */
  readonly byLayers: Schedule | null;
}

/**
 * The ways of executing a network with a schedule of one kind. `layer`: layers whole or in some calls; `stream`: those, and
 * stretches of layers as streams of rows; `auto`: those, and stretches in strips and patches, which compute their halos
 * again, where memory is short: where `maxRam` is not kept without them, or least memory is asked for;
 * `patch`, or `auto` where the patches' grid or end is given: the patches that `choosePatches` finds. Fails with QM715 where
 * patches should do with rows as they arrive, and as `choosePatches` does.
 */
export function findWays(
  model: QuantModel,
  offers: Offers,
  costs: TargetCosts,
  { kind, settled, optimize, wishes, limits }: PlanRequest,
): readonly Ways[] {
  const price = (option: Option): PricedOption => priceOption(option, offers, costs);
  const isPatched = asksForPatches(kind, wishes);
  if ((settled !== null || isPatched) && wishes.pushRows) fail('QM715', { path: '--push-rows' });
  const kernels = leastScratch(offers).map((offer, layer) => offers[layer]![offer]!);
  const fixed = settled ?? (isPatched ? choosePatches(model, wishes, kernels) : null);
  if (fixed !== null) {
    const layers = chooseLayerOrder(model);
    const section = { model, keeping: model, layers, isPushed: false, isRepeatable: false };
    const only = { from: 0, to: 1, options: [price(settledOption(section, fixed))] };
    return [{ cuts: 2, stretches: [only], finish: () => fixed, byLayers: null }];
  }
  const order = chooseLayerOrder(model);
  const cuts = findCuts(model, order);
  const sections = pairsOf(cuts, (start, end) => sectionBetween(model, order, start, end, wishes));
  const found = sections.map(({ from, to, section }) => ({
    from,
    to,
    options: [
      ...(kind === 'layer' ? [] : streamOptions(section)),
      ...(to === from + 1 ? layerOptions(section) : []),
    ],
  }));
  const windowsOf = memoized(windowOptions);
  // Whether the result of a section is counted on to follow into the rows of its input that are used up, which need not succeed
  // when the maps are placed.
  return [false, true].map((overlap): Ways => {
    const priceOf = (option: Option): PricedOption => price(overlap ? option : keepingInput(option));
    const stretches = found.map(({ options, ...ends }): Stretch => ({
      ...ends,
      options: options.map(priceOf),
    }));
    const possible = stretches.filter((stretch) => stretch.options.length > 0);
    const isTight = optimize === 'size' || leastPeak(cuts.length, possible) > (limits.maxRam ?? Infinity);
    const windows =
      kind === 'auto' && isTight
        ? cutTightSections(cuts, sections, possible, (section) => windowsOf(section).map(priceOf))
        : [];
    return {
      cuts: cuts.length,
      stretches: [...possible, ...windows],
      finish: (joined) => joined,
      byLayers: kind === 'layer' && overlap && !wishes.pushRows ? scheduleByLayers(model) : null,
    };
  });
}

/** Whether patches are asked for: by the kind of the schedule, or by what is fixed of them. */
export function asksForPatches(kind: ScheduleKind, { split, patches }: PatchWishes): boolean {
  return kind === 'patch' || (kind === 'auto' && (split !== null || patches !== null));
}

interface Between {
  readonly from: number;
  readonly to: number;
  readonly section: Section;
}

function pairsOf(cuts: readonly Cut[], make: (start: Cut, end: Cut) => Section): readonly Between[] {
  return cuts.flatMap((start, from) =>
    cuts.slice(from + 1).map((end, i) => ({ from, to: from + 1 + i, section: make(start, end) })),
  );
}

/** Strips and patches as long as they bring down the peak: where they do, other sections are the ones that hold it up. */
function cutTightSections(
  cuts: readonly Cut[],
  sections: readonly Between[],
  stretches: readonly Stretch[],
  windowsOf: (section: Section) => readonly PricedOption[],
): readonly Stretch[] {
  let found: readonly Stretch[] = [];
  for (let peakBytes = Infinity; ;) {
    const known = [...stretches, ...found];
    const least = leastPeak(cuts.length, known);
    if (least >= peakBytes) return found;
    peakBytes = least;
    found = [...found, ...cutSections(cuts, sections, known, windowsOf)];
  }
}

/**
 * Strips and patches of the sections that may bring down the peak: those that take part in it, and whose ends leave room.
 */
function cutSections(
  cuts: readonly Cut[],
  sections: readonly Between[],
  stretches: readonly Stretch[],
  windowsOf: (section: Section) => readonly PricedOption[],
): readonly Stretch[] {
  const peakBytes = leastPeak(cuts.length, stretches);
  const isTight = cuts.map((_, cut) => narrowest(stretches, cut, cut + 1) >= peakBytes);
  return sections.flatMap(({ from, to, section }): readonly Stretch[] => {
    const ends = [...(section.isPushed ? [] : section.model.inputs), ...section.model.outputs].map(
      ({ map }) => map,
    );
    const endBytes = sum([...new Set(ends)].map((map) => mapBytes(mapOf(section.model, map))));
    const takesPart = isTight.slice(from, to).some(Boolean);
    if (!takesPart || endBytes >= peakBytes) return [];
    const options = windowsOf(section).filter(({ bytes }) => bytes[0]! < peakBytes);
    return options.length === 0 ? [] : [{ from, to, options }];
  });
}

function memoized<K extends object, V>(make: (key: K) => V): (key: K) => V {
  const made = new Map<K, V>();
  return (key) => {
    const value = made.get(key) ?? make(key);
    made.set(key, value);
    return value;
  };
}

/** The fewest bytes in which any stretch leads over the cuts `from` … `to`. */
function narrowest(stretches: readonly Stretch[], from: number, to: number): number {
  const over = stretches.filter((stretch) => stretch.from <= from && stretch.to >= to);
  return Math.min(...over.flatMap(({ options }) => options.map(({ bytes }) => bytes[0]!)));
}
