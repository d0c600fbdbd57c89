import { fail } from '../diagnostics/diagnostic.ts';
import { cpuSeconds, elapsedSeconds, startClock } from '../host/clock.ts';
import type { Feedback } from '../host/feedback.ts';
import { readBytes } from '../host/files.ts';
import { tensorOf, type Graph } from '../ir/graph.ts';
import type { QuantModel } from '../ir/quant-model.ts';
import { preprocess } from '../quant/ports.ts';
import type { QuantizeOptions } from '../quant/quantize-model.ts';
import { DEFAULT_RECIPE, FULL_RECIPE, type RecipeStep } from '../quant/recipe/steps.ts';
import type { CalibrationStatistics } from '../quant/statistics.ts';
import { firstClassOf, readLabels } from '../readers/inputs/labels.ts';
import type { PortInputs } from '../readers/inputs/input-set.ts';
import { range } from '../util/math.ts';
import type { Calibration } from './quantmcu.ts';
import type { Footprint } from './widths/footprint.ts';
import type { WidthLimits } from './widths/choices.ts';
import { holdOut } from './widths/quality.ts';
import { searchWidths, type SearchSummary, type WidthBudgets } from './widths/search.ts';

/** What is said about a search for widths. */
export interface SearchChoices extends WidthBudgets, WidthLimits {
  readonly recipe: readonly RecipeStep[];
  /** Class numbers of the calibration inputs; null: the float network's own scores have to do. */
  readonly labels: string | null;
  /** Output at which class 0 stands; null: 1 where a 1001-way model meets labels below 1000, else 0. */
  readonly labelOffset: number | null;
  /** Where sensitivities are kept. */
  readonly cacheFolder: string;
  readonly footprintOf: (model: QuantModel) => Footprint;
}

/** Every so many calibration inputs, one is held out to judge by. */
const HOLD_OUT_EVERY = 4;
/** With fewer inputs than this all of them serve both ends: none can be spared. */
const FEWEST_TO_SPLIT = 8;
/** Recipes of which the better one is taken where none was asked for. */
const RECIPES: readonly (readonly RecipeStep[])[] = [
  FULL_RECIPE,
  FULL_RECIPE.filter((step) => step !== 'ranges'),
  DEFAULT_RECIPE,
];

export interface FoundBySearch {
  readonly model: QuantModel;
  readonly summary: SearchSummary;
  readonly searchSeconds: number;
  readonly searchCpuSeconds: number;
}

/** What the search needs done on the inputs that it may fit to. */
export interface SearchStages {
  readonly collect: (inputs: PortInputs, count: number) => Promise<CalibrationStatistics>;
  /** With weights fitted at 8 bits. */
  readonly refine: (
    calibration: Calibration,
  ) => Promise<{ readonly graph: Graph; readonly options: QuantizeOptions }>;
}

/**
 * The method search, from a float network of one input and the first `count` calibration inputs, of which a quarter is held out: what is
 * fitted, and what is searched by, never sees them.
 */
export async function quantizeBySearch(
  graph: Graph,
  inputs: PortInputs,
  count: number,
  options: QuantizeOptions,
  choices: SearchChoices,
  { collect, refine }: SearchStages,
  feedback: Feedback,
): Promise<FoundBySearch> {
  const { training, held } = splitInputs(count);
  const labels = await heldLabels(graph, held, choices, inputs.count);
  const own = selectInputs(inputs, training);
  const statistics = await collect(own, own.count);
  const refined = await refine({ inputs: own, count: own.count, statistics });

  const clock = startClock();
  const cpu = cpuSeconds();
  const real = (set: PortInputs, i: number): Float32Array =>
    preprocess(set.sets[0]!.sample(i), options.preprocessing);
  const { model, summary } = await searchWidths(
    {
      base: { ...refined, statistics },
      source: {
        graph,
        statistics,
        options,
        inputs: { count: own.count, sample: (i) => real(own, i) },
        recipes: choices.recipe === DEFAULT_RECIPE ? RECIPES : [choices.recipe],
      },
      heldOut: await holdOut(
        graph,
        held.map((i) => real(inputs, i)),
        labels,
      ),
      limits: choices,
      budgets: choices,
      footprintOf: choices.footprintOf,
      cacheFolder: choices.cacheFolder,
    },
    feedback,
  );
  return {
    model,
    summary,
    searchSeconds: elapsedSeconds(clock),
    searchCpuSeconds: cpuSeconds() - cpu,
  };
}

/** Positions of inputs to fit to and of inputs to judge by. */
export function splitInputs(count: number): {
  readonly training: readonly number[];
  readonly held: readonly number[];
} {
  const all = range(count);
  if (count < FEWEST_TO_SPLIT) return { training: all, held: all };
  const isHeld = (i: number): boolean => i % HOLD_OUT_EVERY === HOLD_OUT_EVERY - 1;
  return { training: all.filter((i) => !isHeld(i)), held: all.filter(isHeld) };
}

/** Some of the inputs, by their positions. */
export function selectInputs({ sets }: PortInputs, positions: readonly number[]): PortInputs {
  const count = positions.length;
  return { count, sets: sets.map((set) => ({ ...set, count, sample: (i) => set.sample(positions[i]!) })) };
}

/** The true outputs of held-out inputs. Fails with QM318 where a label is none. */
async function heldLabels(
  graph: Graph,
  held: readonly number[],
  { labels: file, labelOffset }: SearchChoices,
  inputCount: number,
): Promise<readonly number[] | null> {
  if (file === null) return null;
  const labels = readLabels(await readBytes(file), file, inputCount);
  const outputs = tensorOf(graph, graph.outputs[0]!.tensor).shape.c;
  const firstClass = labelOffset ?? firstClassOf(outputs, labels);
  return held.map((i) => {
    const label = labels[i]! + firstClass;
    return label >= 0 && label < outputs ? label : fail('QM318', { file }, { label: labels[i]!, outputs });
  });
}
