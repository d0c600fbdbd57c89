import { assert } from '../util/never.ts';
import { sum } from '../util/math.ts';
import { stepWithin, type PricedOption } from './priced-option.ts';

/** All options for the way from one cut to a later one. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
  readonly options: readonly PricedOption[];
}

/** A way through the network: options one after the other, each in at most `peakBytes`. */
export interface Route {
  readonly options: readonly PricedOption[];
  /** Live bytes at the peak, scratch included. */
  readonly peakBytes: number;
  readonly instructions: number;
  readonly macs: number;
}

/** Limits that are tried between the least memory that will do and the most that helps. */
const LIMITS = 64;

/**
 * The routes that are worth looking at, from the least memory to the fewest instructions: for each of a number of memory limits
 * the one with the least `cost` within it. Shortest paths over the cuts; costs add up, and memory is the most of any option.
 */
export function findFrontier(
  cuts: number,
  stretches: readonly Stretch[],
  cost: 'instructions' | 'macs' = 'instructions',
): readonly Route[] {
  const leastBytes = leastPeak(cuts, stretches);
  const mostBytes = Math.max(
    ...stretches.flatMap(({ options }) => options.map((option) => option.bytes.at(-1)!)),
  );
  const ratio = Math.max(1, mostBytes / leastBytes);
  const limits = Array.from({ length: LIMITS }, (_, i) => leastBytes * ratio ** (i / (LIMITS - 1)));
  limits[0] = leastBytes;
  limits[LIMITS - 1] = mostBytes;
  const routes = limits.map((limit) => cheapestRoute(cuts, stretches, limit, cost));
  return routes.filter((route, i) => i === 0 || route.peakBytes !== routes[i - 1]!.peakBytes);
}

/** The fewest bytes in which a route is possible at all. */
export function leastPeak(cuts: number, stretches: readonly Stretch[]): number {
  const best = new Array<number>(cuts).fill(Infinity);
  best[0] = 0;
  for (const { from, to, options } of byEnd(stretches)) {
    for (const { bytes } of options) best[to] = Math.min(best[to]!, Math.max(best[from]!, bytes[0]!));
  }
  const least = best[cuts - 1]!;
  assert(least < Infinity, 'a route leads through all cuts');
  return least;
}

/** The route with the least cost in `limitBytes`. */
function cheapestRoute(
  cuts: number,
  stretches: readonly Stretch[],
  limitBytes: number,
  cost: 'instructions' | 'macs',
): Route {
  interface Arrival {
    readonly cost: number;
    readonly from: number;
    readonly option: PricedOption;
  }
  const best = new Array<Arrival | null>(cuts).fill(null);
  const costAt = (cut: number): number => (cut === 0 ? 0 : (best[cut]?.cost ?? Infinity));
  for (const { from, to, options } of byEnd(stretches)) {
    if (costAt(from) === Infinity) continue;
    for (const option of options) {
      const step = stepWithin(option, limitBytes);
      if (step < 0) continue;
      // A route of the fewest MACs is still one of few instructions where there is a choice.
      const own =
        cost === 'macs' ? option.option.macs + 1e-6 * option.instructions[step]! : option.instructions[step]!;
      const total = costAt(from) + own;
      if (total < costAt(to)) best[to] = { cost: total, from, option };
    }
  }
  const options: PricedOption[] = [];
  for (let cut = cuts - 1; cut > 0;) {
    const arrival = best[cut];
    assert(arrival !== null && arrival !== undefined, 'a route leads through all cuts');
    options.unshift(arrival.option);
    cut = arrival.from;
  }
  const steps = options.map((option) => stepWithin(option, limitBytes));
  return {
    options,
    peakBytes: Math.max(...options.map(({ bytes }, i) => bytes[steps[i]!]!)),
    instructions: sum(options.map(({ instructions }, i) => instructions[steps[i]!]!)),
    macs: sum(options.map(({ option }) => option.macs)),
  };
}

/** Stretches in an order in which every way to a cut is known before the ways that go on from it. */
function byEnd(stretches: readonly Stretch[]): readonly Stretch[] {
  return [...stretches].sort((a, b) => a.to - b.to);
}
