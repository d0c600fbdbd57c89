import { diagnostic, fail } from '../../diagnostics/diagnostic.ts';
import type { Feedback } from '../../host/feedback.ts';
import type { QuantModel } from '../../ir/quant-model.ts';
import { chooseScales } from '../../quant/scales.ts';
import { quantizeModel } from '../../quant/quantize-model.ts';
import { simulateNetwork } from '../../quant/simulate.ts';
import { widest, widthChoices, widthCosts, widthOptions, type WidthLimits } from './choices.ts';
import { descend, type Stage } from './descend.ts';
import { fitMemory, type Footprint, type MemoryBudgets } from './footprint.ts';
import { judge, type HeldOut, type Quality } from './quality.ts';
import { rebuild, type Rebuilt, type Source } from './rebuild.ts';
import { measureSensitivities, type MeasuredNetwork } from './sensitivity.ts';

/** What is asked of the network; null: nothing. */
export interface WidthBudgets extends MemoryBudgets {
  readonly minBitopsReduction: number | null;
  /** Mean KL(float ‖ quantized) on held-out inputs, at most. */
  readonly maxKl: number | null;
  /** Points of top-1, at most. */
  readonly maxDrop: number | null;
}

export interface WidthSearch {
  /** Quantized at 8 bits. */
  readonly base: MeasuredNetwork;
  readonly source: Source;
  readonly heldOut: HeldOut;
  readonly limits: WidthLimits;
  readonly budgets: WidthBudgets;
  readonly footprintOf: (model: QuantModel) => Footprint;
  readonly cacheFolder: string;
}

/** What a search has to say of itself. */
export interface SearchSummary {
  /** Of the network as it is, on held-out inputs. */
  readonly quality: Quality;
  /** Of the same network at 8 bits. */
  readonly quality8: Quality;
  /** Networks that were quantized and judged. */
  readonly rebuilds: number;
}

/** Where no budget says how far to go: so much more divergence than at 8 bits, which is a point of accuracy or less as a rule. */
export const DEFAULT_KL_RISE = 0.03;
/** Divergence that a point of accuracy usually comes with. */
const KL_PER_POINT = 0.03;
const MOST_REBUILDS = 4;
/** A network this close to a limit is good enough. */
const CLOSE_ENOUGH = 0.85;

/**
 * Gives each map and the weights of each layer a width by what the outputs feel of it: narrows what costs least divergence for
 * the BitOPs (or bytes) that it saves until the budgets hold, then quantizes anew with the full recipe and judges the result
 * on held-out inputs. Without a budget but those on quality it goes as far as these allow; without any, as far as
 * DEFAULT_KL_RISE. Fails with QM421 to QM424 where budgets cannot be met.
 */
export async function searchWidths(
  search: WidthSearch,
  feedback: Feedback,
): Promise<{ readonly model: QuantModel; readonly summary: SearchSummary }> {
  const { base, source, heldOut, budgets } = search;
  const { graph, statistics, options } = base;
  const choices = widthChoices(graph, search.limits);
  const costs = widthCosts(graph, choices);
  const sensitivities = await measureSensitivities(
    base,
    source.inputs,
    choices,
    search.cacheFolder,
    feedback,
  );

  feedback.progress('choosing widths');
  const footprintAt = ({ widths }: Stage): Footprint =>
    search.footprintOf(quantizeModel(graph, statistics, { ...options, ...widthOptions(choices, widths) }));
  const start = { widths: widest(choices), loss: 0 };
  const hasMemoryBudget = budgets.maxRam !== null || budgets.maxFlash !== null;
  const fitting = hasMemoryBudget
    ? fitMemory(choices, sensitivities, costs, start, footprintAt, budgets)
    : start;
  const reductionAt = ({ widths }: Stage): number => costs.bitOps(start.widths) / costs.bitOps(widths);
  const asked = budgets.minBitopsReduction;
  const stages = descend(
    choices,
    sensitivities,
    fitting,
    costs.bitOpsSaved,
    (stage) => asked === null || reductionAt(stage) < asked,
  );
  const last = stages.at(-1)!;
  if (asked !== null && reductionAt(last) < asked) {
    fail('QM423', {}, { asked, reached: reductionAt(last).toFixed(2) });
  }

  const quality8 = await judge(simulateNetwork(graph, chooseScales(graph, statistics, options)), heldOut);
  const gates = gatesOf(budgets, quality8, asked !== null || hasMemoryBudget);
  const rebuilt = new Map<Stage, Rebuilt>();
  const build = async (stage: Stage): Promise<Rebuilt> => {
    const known = rebuilt.get(stage);
    if (known !== undefined) return known;
    const own = { ...source, options: { ...source.options, ...widthOptions(choices, stage.widths) } };
    const made = await rebuild(own, heldOut, (done, nodes) => {
      feedback.progress(`fitting layers (${reductionAt(stage).toFixed(2)}x fewer BitOPs)`, done, nodes);
    });
    rebuilt.set(stage, made);
    return made;
  };

  const goal = asked !== null ? last : hasMemoryBudget ? fitting : null;
  if (goal !== null) {
    const made = await build(goal);
    if (severityOf(made.quality, gates) <= 1) {
      warnOfLoss(made.quality, quality8, gates, feedback);
      return { model: made.model, summary: { quality: made.quality, quality8, rebuilds: rebuilt.size } };
    }
  }
  const found = await deepest(stages, build, gates, firstGuess(gates, quality8));
  if (goal !== null || found === null) {
    const worst = await build(goal ?? stages[0]!);
    return failOnQuality(worst.quality, gates, found === null ? null : reductionAt(found));
  }
  const { model, quality } = await build(found);
  return { model, summary: { quality, quality8, rebuilds: rebuilt.size } };
}

/** Limits on quality; Infinity where there is none. */
interface Gates {
  readonly kl: number;
  readonly drop: number;
}

function gatesOf({ maxKl, maxDrop }: WidthBudgets, quality8: Quality, hasGoal: boolean): Gates {
  const isFree = maxKl === null && maxDrop === null && !hasGoal;
  return {
    kl: maxKl ?? (isFree ? quality8.kl + DEFAULT_KL_RISE : Infinity),
    drop: maxDrop ?? Infinity,
  };
}

/** How much of what the gates allow is used up; more than 1 is too much. */
function severityOf({ kl, drop }: Quality, gates: Gates): number {
  return Math.max(shareUsed(kl, gates.kl), shareUsed(drop, gates.drop));
}

function shareUsed(value: number, limit: number): number {
  return limit === Infinity ? 0 : limit > 0 ? Math.max(0, value) / limit : value > 0 ? Infinity : 0;
}

/** A loss that, added up from sensitivities, may just do. */
function firstGuess(gates: Gates, quality8: Quality): number {
  return Math.max(0, Math.min(gates.kl - quality8.kl, gates.drop * KL_PER_POINT));
}

/**
 * The last of `stages`, whose losses rise, that passes the gates, as far as a few rebuilds can tell: each next one by how far
 * the last was from them. Null where none does.
 */
async function deepest(
  stages: readonly Stage[],
  build: (stage: Stage) => Promise<Rebuilt>,
  gates: Gates,
  guess: number,
): Promise<Stage | null> {
  let low = -1;
  let high = stages.length;
  let aim = guess;
  for (let tries = 0; tries < MOST_REBUILDS && high - low > 1; tries++) {
    const aimed = stages.findLastIndex(({ loss }) => loss <= aim);
    const index = aimed > low && aimed < high ? aimed : Math.floor((low + high) / 2);
    const severity = severityOf((await build(stages[index]!)).quality, gates);
    if (severity <= 1) low = index;
    else high = index;
    if (severity <= 1 && severity >= CLOSE_ENOUGH) break;
    aim = severity > 0 ? stages[index]!.loss / severity : Infinity;
  }
  if (low < 0 && severityOf((await build(stages[0]!)).quality, gates) <= 1) low = 0;
  return low < 0 ? null : stages[low]!;
}

/** Fails with the limit that is exceeded most. */
function failOnQuality(
  { kl, drop, dropBy, agreement, n }: Quality,
  gates: Gates,
  reduction: number | null,
): never {
  const isKl = shareUsed(kl, gates.kl) >= shareUsed(drop, gates.drop);
  return fail(
    'QM424',
    { path: isKl ? '--max-kl' : '--max-drop' },
    {
      found: isKl
        ? `KL ${kl.toFixed(4)} from the float network on ${n} held-out inputs (agreement ${(100 * agreement).toFixed(1)}%), above ${gates.kl.toFixed(4)}`
        : `a drop of ${drop.toFixed(2)} points (by ${dropBy}) on ${n} held-out inputs, above ${gates.drop}`,
      nearest:
        reduction === null
          ? 'not even the widest widths within the other budgets pass'
          : `${reduction.toFixed(2)} times fewer BitOPs is as far as this limit allows`,
    },
  );
}

/** Says what budgets cost that were met without a limit on quality. */
function warnOfLoss({ kl, agreement }: Quality, quality8: Quality, gates: Gates, feedback: Feedback): void {
  const isLimited = gates.kl !== Infinity || gates.drop !== Infinity;
  if (isLimited || kl <= quality8.kl + DEFAULT_KL_RISE) return;
  feedback.warn(
    diagnostic(
      'QM317',
      {},
      { kl: kl.toFixed(3), kl8: quality8.kl.toFixed(3), agreement: (100 * agreement).toFixed(1) },
    ),
  );
}
