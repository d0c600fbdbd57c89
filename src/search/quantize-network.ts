import path from 'node:path';
import { diagnostic, fail } from '../diagnostics/diagnostic.ts';
import type { Feedback } from '../host/feedback.ts';
import { cacheFolder } from '../host/environment.ts';
import { fileSystem } from '../host/files.ts';
import { isQuantized, type Graph } from '../ir/graph.ts';
import { choicesOfOutput } from '../ir/index-map.ts';
import type { Preprocessing, QuantModel } from '../ir/quant-model.ts';
import type { MapBits, Rounding } from '../ir/quantization.ts';
import { portPreprocessing, toFloatGraph } from '../normalise/requantize.ts';
import { importQuantized } from '../quant/import-quantized.ts';
import { preprocessInputs } from '../quant/ports.ts';
import { quantizeModel, type QuantizeOptions } from '../quant/quantize-model.ts';
import { recipePays } from '../quant/recipe/pays.ts';
import { refineNetwork, type RecipeSamples } from '../quant/recipe/refine.ts';
import { DEFAULT_RECIPE, FULL_RECIPE, type Recipe, type RecipeStep } from '../quant/recipe/steps.ts';
import { collectStatistics, type CalibrationStatistics } from '../quant/statistics.ts';
import { warnOfFewInputs, type PortInputs } from '../readers/inputs/input-set.ts';
import { loadGraphInputs } from '../readers/inputs/load.ts';
import { quantizeBySearch, selectInputs, splitInputs } from './quantize-by-search.ts';
import { fits, type Footprint } from './widths/footprint.ts';
import type { SearchSummary, WidthBudgets } from './widths/search.ts';
import {
  quantizeByValue,
  type Calibration,
  type FloatNetwork,
  type QuantMcuOptions,
  type QuantMcuResult,
} from './quantmcu.ts';

export type Method = 'int8' | 'quantmcu' | 'search';

/** Widths of maps that each method chooses from where nothing is said. */
const DEFAULT_BITS: Readonly<Record<Method, readonly MapBits[]>> = {
  int8: [8],
  quantmcu: [8, 4],
  search: [8, 4, 2],
};
/** The width of weights, or of a search the narrowest. */
const DEFAULT_WEIGHT_BITS: Readonly<Record<Method, number>> = { int8: 8, quantmcu: 8, search: 4 };

/** What is said about how a network becomes integers. */
export interface QuantizationChoices extends Omit<QuantMcuOptions, 'memoryBytes' | 'bits'>, WidthBudgets {
  /** The model file, for messages. */
  readonly model: string;
  /** `auto`: search where a budget asks for fewer than 8 bits, else int8. */
  readonly method: Method | 'auto';
  /** Widths of maps to choose from; null: the method's own. */
  readonly bits: readonly MapBits[] | null;
  /** Sample inputs, needed for a float model. */
  readonly calibration: string | null;
  /** Calibrate on no more than this many inputs. */
  readonly limit: number | null;
  /** x = (raw − mean) / std; null: 0 and 1, or what the port of a quantized model states. */
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
  /** Null: `tflite` for a model that came in quantized, else `single`. */
  readonly rounding: Rounding | null;
  /** Of all layers, 2 … 8; of a search the narrowest that it may choose. Null: the method's own. */
  readonly weightBits: number | null;
  /** What fits a float model's weights to its integers; empty: nothing. */
  readonly recipe: readonly RecipeStep[];
  /** Takes a quantized model back to floats first. */
  readonly requantize: boolean;
  /** Class numbers of the calibration inputs, for --max-drop; null: none. */
  readonly labels: string | null;
  readonly labelOffset: number | null;
  /** Where sensitivities are kept; null: with all else that can be made again. */
  readonly cache: string | null;
  /** Keeps the inputs that a search holds out from every method, so that all can be judged by them. */
  readonly holdOut: boolean;
}

/** An integer model, and how it was come by. */
export interface QuantizedNetwork extends QuantMcuResult {
  readonly method: Method;
  /** Null where no search was needed. */
  readonly search: SearchSummary | null;
  readonly searchCpuSeconds: number;
}

/**
 * The integer model: taken over where the file is quantized, else quantized by the method chosen and by what the calibration
 * inputs give. `footprintOf` plans a model for the target, for budgets that depend on that.
 */
export async function quantizeNetwork(
  graph: Graph,
  choices: QuantizationChoices,
  footprintOf: (model: QuantModel) => Footprint,
  feedback: Feedback,
): Promise<QuantizedNetwork> {
  const { mean, std } = choices;
  const portMeaning = mean === null && std === null ? portPreprocessing(graph, graph.inputs[0]!) : null;
  const preprocessing: Preprocessing = { mean: mean ?? [0], std: std ?? [1] };
  if (!isQuantized(graph)) {
    if (choices.requantize) feedback.warn(diagnostic('QM709'));
    return quantizeFloats(graph, choices, preprocessing, footprintOf, feedback);
  }
  if (choices.requantize) {
    return quantizeFloats(toFloatGraph(graph), choices, portMeaning ?? preprocessing, footprintOf, feedback);
  }
  const { method, calibration, weightBits, maxKl, maxDrop } = choices;
  if (method !== 'int8' && method !== 'auto') return fail('QM708', { file: choices.model }, { method });
  const unused = {
    '--calibration': calibration !== null,
    '--weight-bits': (weightBits ?? 8) !== 8,
    '--max-kl': maxKl !== null,
    '--max-drop': maxDrop !== null,
  };
  for (const [flag, isGiven] of Object.entries(unused)) {
    if (isGiven) feedback.warn(diagnostic('QM705', {}, { flag }));
  }
  const model = importQuantized(graph, { rounding: choices.rounding ?? 'tflite', preprocessing });
  return { model, ...UNIFORM };
}

/** What there is to say of a model of 8 bits throughout. */
const UNIFORM = {
  method: 'int8',
  patchSchedule: null,
  outlierShares: [],
  search: null,
  searchSeconds: 0,
  searchCpuSeconds: 0,
} as const;

async function quantizeFloats(
  graph: Graph,
  choices: QuantizationChoices,
  preprocessing: Preprocessing,
  footprintOf: (model: QuantModel) => Footprint,
  feedback: Feedback,
): Promise<QuantizedNetwork> {
  const { inputs, count } = await loadCalibration(graph, choices, feedback);
  const own = choices.holdOut ? selectInputs(inputs, splitInputs(count).training) : { ...inputs, count };
  const method = settleMethod(choices);
  if (inputs.sets.length > 1 && method !== 'int8') {
    const hint = 'leave out budgets and compile with --method int8';
    fail('QM707', { file: choices.model }, { count: inputs.sets.length, what: `--method ${method}`, hint });
  }
  if (method === 'search' && choicesOfOutput(graph) !== null)
    fail('QM722', { file: choices.model }, { method });
  const weightBits = choices.weightBits ?? DEFAULT_WEIGHT_BITS[method];
  const plain: QuantizeOptions = {
    rounding: choices.rounding ?? 'single',
    rawTypes: inputs.sets.map(({ type }) => type),
    preprocessing,
    weightBits: new Map(graph.nodes.map((node) => [node.id, method === 'search' ? 8 : weightBits])),
  };
  const collect = (set: PortInputs, samples: number, byChannel: boolean): Promise<CalibrationStatistics> =>
    collectStatistics(
      graph,
      samples,
      (i) => preprocessInputs(set, i, preprocessing),
      (done) => {
        feedback.progress('calibrating', done, samples);
      },
      { byChannel },
    );
  const refineOn = (calibration: Calibration, recipe: readonly RecipeStep[]) =>
    refine(graph, calibration, plain, recipe, feedback);
  const int8 = async (): Promise<QuantModel> => {
    const statistics = await collect(own, own.count, false);
    const refined = await refineOn({ inputs: own, count: own.count, statistics }, choices.recipe);
    feedback.progress('quantizing');
    return quantizeModel(refined.graph, statistics, refined.options);
  };
  // What the integers stand for is still the network that was given.
  const ofGraph = (model: QuantModel): QuantModel => ({ ...model, graph });

  switch (method) {
    case 'int8':
      return { ...UNIFORM, model: ofGraph(await int8()) };
    case 'quantmcu': {
      const calibration = { inputs: own, count: own.count, statistics: await collect(own, own.count, true) };
      const refined = await refineOn(calibration, choices.recipe);
      feedback.progress('quantizing');
      const options = {
        ...choices,
        bits: choices.bits ?? DEFAULT_BITS.quantmcu,
        memoryBytes: choices.maxRam,
      };
      const network: FloatNetwork = {
        graph: refined.graph,
        quantization: refined.options,
        refit:
          choices.recipe.length === 0
            ? null
            : (narrow, quantization, until) =>
                refineNetwork(
                  graph,
                  narrow,
                  quantization,
                  stepsBelow8Bits(choices.recipe),
                  samplesOf(calibration, quantization),
                  { onProgress: reportFitting(feedback), ...(until === undefined ? {} : { until }) },
                ),
      };
      const found = await quantizeByValue(network, calibration, options, feedback);
      return { ...UNIFORM, ...found, method, model: ofGraph(found.model) };
    }
    case 'search': {
      if (asksForMemoryOnly(choices)) {
        const model = await int8();
        if (fits(footprintOf(model), choices)) return { ...UNIFORM, method, model: ofGraph(model) };
      }
      const found = await quantizeBySearch(
        graph,
        inputs,
        count,
        plain,
        {
          ...choices,
          bits: choices.bits ?? DEFAULT_BITS.search,
          weightBits,
          footprintOf,
          cacheFolder: choices.cache ?? path.join(cacheFolder(), 'search'),
        },
        {
          collect: (set, samples) => collect(set, samples, true),
          // The network that widths are measured in needs its means right, no more.
          refine: (calibration) => refineOn(calibration, DEFAULT_RECIPE),
        },
        feedback,
      );
      return { ...UNIFORM, ...found, method, search: found.summary };
    }
  }
}

/** Fails with QM716 where a budget is given that the method does not know. */
function settleMethod(choices: QuantizationChoices): Method {
  const { method, maxRam, maxFlash, minBitopsReduction, maxKl, maxDrop } = choices;
  if (method === 'auto') {
    const budgets = [maxRam, maxFlash, minBitopsReduction, maxKl, maxDrop];
    return budgets.some((budget) => budget !== null) ? 'search' : 'int8';
  }
  const flag = maxKl !== null ? '--max-kl' : maxDrop !== null ? '--max-drop' : null;
  if (method !== 'search' && flag !== null) return fail('QM716', { path: flag }, { flag, method });
  return method;
}

/** Whether 8 bits do if they fit. */
function asksForMemoryOnly(choices: QuantizationChoices): boolean {
  const { maxRam, maxFlash, minBitopsReduction, maxKl, maxDrop } = choices;
  const isMemoryAsked = maxRam !== null || maxFlash !== null;
  return isMemoryAsked && minBitopsReduction === null && maxKl === null && maxDrop === null;
}

/**
 * The recipe for the narrow arm of patches: what the default one leaves out for its time, narrow maps cannot do without. Its
 * ranges are those of its own patches, which a walk over whole maps does not tell apart.
 */
function stepsBelow8Bits(recipe: readonly RecipeStep[]): Recipe {
  const steps = new Set(recipe === DEFAULT_RECIPE ? FULL_RECIPE : recipe);
  steps.delete('ranges');
  return steps;
}

function samplesOf({ inputs, count }: Calibration, { preprocessing }: QuantizeOptions): RecipeSamples {
  return { count, sample: (i) => preprocessInputs(inputs, i, preprocessing) };
}

function reportFitting(feedback: Feedback): (done: number, nodes: number) => void {
  return (done, nodes) => {
    feedback.progress('fitting layers', done, nodes);
  };
}

/**
 * The network with what the recipe makes of its weights, and how to quantize it. A recipe that was asked for is followed;
 * the default one where it pays.
 */
async function refine(
  graph: Graph,
  calibration: Calibration,
  options: QuantizeOptions,
  recipe: readonly RecipeStep[],
  feedback: Feedback,
): Promise<{ readonly graph: Graph; readonly options: QuantizeOptions }> {
  if (recipe.length === 0) return { graph, options };
  const { inputs, count, statistics } = calibration;
  const samples = samplesOf(calibration, options);
  const onProgress = reportFitting(feedback);
  const found = await refineNetwork(graph, statistics, options, new Set(recipe), samples, { onProgress });
  const refined = { graph: found.graph, options: { ...options, weightSteps: found.weightSteps } };
  if (recipe !== DEFAULT_RECIPE) return refined;
  feedback.progress('weighing the recipe');
  const plainModel = quantizeModel(graph, statistics, options);
  const refinedModel = quantizeModel(refined.graph, statistics, refined.options);
  return (await recipePays(graph, plainModel, refinedModel, inputs, count)) ? refined : { graph, options };
}

/** The calibration inputs, and how many of them to use, from the first on. Fails with QM312 where there are none. */
async function loadCalibration(
  graph: Graph,
  { calibration, limit, model }: QuantizationChoices,
  feedback: Feedback,
): Promise<{ readonly inputs: PortInputs; readonly count: number }> {
  if (calibration === null) return fail('QM312', { file: model });
  const inputs = await loadGraphInputs(calibration, '--calibration', graph, fileSystem);
  const count = Math.min(inputs.count, limit ?? Infinity);
  const warning = warnOfFewInputs(count, calibration);
  if (warning !== null) feedback.warn(warning);
  return { inputs, count };
}
