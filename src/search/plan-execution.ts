import type { KernelOffer, TargetCosts } from '../ir/kernel-cost.ts';
import type { LayerId, QuantModel } from '../ir/quant-model.ts';
import { peakBytes } from '../memory/peak.ts';
import { planMemory } from '../memory/plan.ts';
import { scheduleByLayers } from '../schedule/by-layers.ts';
import { sum } from '../util/math.ts';
import { assert } from '../util/never.ts';
import { worksOf, type Option } from './execution-option.ts';
import { findFrontier, type Route } from './frontier.ts';
import { joinOptions } from './join-options.ts';
import { objectiveFor, type ExecutionFigures, type ExecutionLimits, type Objective } from './objective.ts';
import { planLayers, type PlannedSchedule } from './overlap.ts';
import {
  instructionsOfWork,
  kernelsWithin,
  leastScratch,
  priceOption,
  type Offers,
  type PricedOption,
} from './priced-option.ts';
import { findWays, type PlanRequest, type Ways } from './ways.ts';

/** A way of executing the network that was weighed; its bytes are those live at the peak. */
export interface Alternative extends ExecutionFigures {
  /** The kinds of its segments. */
  readonly kinds: readonly string[];
}

/** A schedule with its memory, what it takes and, by layer, which of its offers it runs on. */
export interface PlacedExecution extends PlannedSchedule, ExecutionFigures {
  readonly kernels: readonly number[];
}

export interface PlannedExecution extends PlacedExecution {
  /** From the least memory to the fewest instructions. */
  readonly alternatives: readonly Alternative[];
}

/** Routes of each way whose maps are placed, at most, where one is found that keeps the limits, */
const MAX_PLACEMENTS = 6;
/** and where none is. */
const MAX_ATTEMPTS = 20;
const MAX_ALTERNATIVES = 10;

/** What places schedules of one network. */
interface Site {
  readonly model: QuantModel;
  readonly offers: Offers;
  readonly costs: TargetCosts;
  readonly objective: Objective;
}

/**
 * Plans a model by cost: of all routes through the network the one that is best by the objective, with the kernels that the
 * memory allows. Where nothing keeps the limits, what comes nearest. Fails as `findWays` does.
 */
export function planExecution(
  model: QuantModel,
  offers: Offers,
  costs: TargetCosts,
  request: PlanRequest,
): PlannedExecution {
  const objective = objectiveOf(model, request);
  const site = { model, offers, costs, objective };
  const ways = findWays(model, offers, costs, request)
    .flatMap((way) => [way, ...withoutBlocks(way)])
    .flatMap((way) => [way, ...besideInputs(site, way)]);
  const routes = ways.map((way) => routesOf(way, request.limits));
  const byLayers = ways.map((way) => way.byLayers).filter((schedule) => schedule !== null);
  const found = bestOf(objective, [
    ...routes.map((candidates) => placeBest(site, candidates)),
    ...byLayers.map((schedule) => placeLayers(site, schedule, leastScratch(offers))),
  ]);
  // One stretch for all layers leaves no maps between stretches that have to find a place.
  const uncut = objective.keepsLimits(found) ? [] : ways.map(withoutCuts).filter((way) => way !== null);
  const best = bestOf(objective, [
    found,
    ...uncut.map((way) => placeBest(site, routesOf(way, request.limits))),
  ]);
  return { ...best, alternatives: pickAlternatives(routes.flat().map(({ route }) => route)) };
}

/** What a plan of the model is chosen by. */
export function objectiveOf(
  model: QuantModel,
  { optimize, limits }: Pick<PlanRequest, 'optimize' | 'limits'>,
): Objective {
  return objectiveFor(optimize, limits, peakBytes(model, scheduleByLayers(model)));
}

/** A route, and the ways that it is one of. */
interface Candidate {
  readonly way: Ways;
  readonly route: Route;
}

function routesOf(way: Ways, { maxMacs }: ExecutionLimits): readonly Candidate[] {
  const { cuts, stretches } = way;
  const routes = [
    ...findFrontier(cuts, stretches),
    ...(maxMacs === null ? [] : findFrontier(cuts, stretches, 'macs')),
  ];
  return routes.map((route) => ({ way, route }));
}

/** The same ways without blocks of rows, whose longer rings are harder to place; none where there are no blocks. */
function withoutBlocks(way: Ways): readonly Ways[] {
  const stretches = way.stretches.map((stretch) => ({
    ...stretch,
    options: stretch.options.filter(({ option }) => option.blockRows === 1),
  }));
  const isSame = stretches.every(({ options }, i) => options.length === way.stretches[i]!.options.length);
  return isSame ? [] : [{ ...way, stretches, byLayers: null }];
}

/** The same ways with no output written over its input, which is easier to place; none where that is no difference. */
function besideInputs({ offers, costs }: Site, way: Ways): readonly Ways[] {
  const loads = way.stretches.flatMap(({ options }) => options.flatMap(({ option }) => option.loads));
  const isSame = loads.every(
    ({ layer, peakBytes, replacingPeakBytes }) =>
      peakBytes === replacingPeakBytes || !offers[layer]!.some(({ replacesInput }) => replacesInput),
  );
  if (isSame) return [];
  const apart = (option: Option): PricedOption => {
    const separate = option.loads.map((load) => ({ ...load, replacingPeakBytes: load.peakBytes }));
    return priceOption({ ...option, loads: separate }, offers, costs);
  };
  const stretches = way.stretches.map((stretch) => ({
    ...stretch,
    options: stretch.options.map(({ option }) => apart(option)),
  }));
  return [{ ...way, stretches, byLayers: null }];
}

/** The same ways with nothing but options for the network as a whole; null where there are none. */
function withoutCuts(way: Ways): Ways | null {
  const stretches = way.stretches.filter(({ from, to }) => from === 0 && to === way.cuts - 1);
  const whole = stretches.map((stretch) => ({ ...stretch, to: 1 }));
  return whole.length === 0 ? null : { ...way, cuts: 2, stretches: whole };
}

/** The best of the candidates once their maps are placed. */
function placeBest(site: Site, candidates: readonly Candidate[]): PlacedExecution {
  const { measure, keepsLimits, compare } = site.objective;
  const tries = [...candidates].sort((a, b) => compare(figuresOf(a.route), figuresOf(b.route)));
  let best: PlacedExecution | null = null;
  for (const [placements, { way, route }] of tries.entries()) {
    const isFound = best !== null && keepsLimits(best);
    // What is placed takes no less than what lives at the peak, so no later route can do better, or keep a limit that the peak breaks.
    const isBeaten = best !== null && isFound && measure(figuresOf(route)) >= measure(best);
    const isHopeless = best !== null && !keepsLimits(figuresOf(route));
    if (isBeaten || isHopeless || placements >= (isFound ? MAX_PLACEMENTS : MAX_ATTEMPTS)) break;
    const placed = placeRoute(site, way, route);
    best = best === null ? placed : bestOf(site.objective, [best, placed]);
  }
  assert(best !== null, 'a route leads through the network');
  return best;
}

function figuresOf({ peakBytes, instructions, macs }: Route): ExecutionFigures {
  return { bytes: peakBytes, instructions, macs };
}

/** The first of the best. */
function bestOf({ compare }: Objective, placed: readonly PlacedExecution[]): PlacedExecution {
  return placed.reduce((best, next) => (compare(next, best) < 0 ? next : best));
}

/** The schedule of a route with the kernels that its peak leaves room for. */
function placeRoute(site: Site, { finish, byLayers }: Ways, route: Route): PlacedExecution {
  const { model, offers, costs } = site;
  const chosen = new Map<LayerId, number>();
  for (const option of route.options) {
    const kernels = kernelsWithin(option, route.peakBytes, offers, costs);
    for (const [layer, offer] of kernels) chosen.set(layer, offer);
  }
  // A layer that no row is asked of runs on anything.
  const kernels = model.layers.map(({ id }) => chosen.get(id) ?? offers[id]!.length - 1);
  const schedule = finish(joinOptions(route.options.map(({ option }) => option)));
  const plan = planMemory(model, schedule, chosenOf(site, kernels));
  const placed = appraise(site, { schedule, plan }, kernels);
  return byLayers === null ? placed : bestOf(site.objective, [placed, placeLayers(site, byLayers, kernels)]);
}

/** Whole layers, cut into calls where that lets their output follow into their input. */
function placeLayers(
  site: Site,
  byLayers: PlannedSchedule['schedule'],
  kernels: readonly number[],
): PlacedExecution {
  const planned = planLayers(site.model, byLayers, chosenOf(site, kernels), { overlap: true });
  return appraise(site, planned, kernels);
}

function appraise(
  { model, offers, costs }: Site,
  planned: PlannedSchedule,
  kernels: readonly number[],
): PlacedExecution {
  const works = worksOf(model, planned.schedule);
  const instructions = works.map((work) =>
    instructionsOfWork(work, offerOf(offers, work.layer, kernels[work.layer]!), costs),
  );
  return {
    ...planned,
    kernels,
    bytes: planned.plan.arenaBytes,
    instructions: Math.round(sum(instructions)),
    macs: sum(works.map(({ share, work }) => share * work.mac)),
  };
}

function chosenOf({ offers }: Site, kernels: readonly number[]): readonly KernelOffer[] {
  return kernels.map((offer, layer) => offerOf(offers, layer, offer));
}

function offerOf(offers: Offers, layer: LayerId, offer: number): KernelOffer {
  const found = offers[layer]![offer];
  assert(found !== undefined, `layer ${layer} has offer ${offer}`);
  return found;
}

/** Routes that no other one beats in both memory and instructions, evenly spread. */
function pickAlternatives(routes: readonly Route[]): readonly Alternative[] {
  const sorted = [...routes].sort((a, b) => a.peakBytes - b.peakBytes || a.instructions - b.instructions);
  const paying: Route[] = [];
  for (const route of sorted) {
    if (route.instructions < (paying.at(-1)?.instructions ?? Infinity)) paying.push(route);
  }
  const count = Math.min(MAX_ALTERNATIVES, paying.length);
  const picked = new Set(
    Array.from({ length: count }, (_, i) => Math.round((i * (paying.length - 1)) / Math.max(1, count - 1))),
  );
  return [...picked].map((index): Alternative => {
    const { options, peakBytes, instructions, macs } = paying[index]!;
    return {
      kinds: [...new Set(options.map(({ option }) => option.kind))],
      bytes: peakBytes,
      instructions: Math.round(instructions),
      macs,
    };
  });
}
