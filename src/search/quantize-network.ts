import { diagnostic, fail } from '../diagnostics/diagnostic.ts';
import type { Feedback } from '../host/feedback.ts';
import { fileSystem } from '../host/files.ts';
import { isQuantized, tensorOf, type Graph } from '../ir/graph.ts';
import type { Preprocessing } from '../ir/quant-model.ts';
import type { Rounding } from '../ir/quantization.ts';
import { portPreprocessing, toFloatGraph } from '../normalise/requantize.ts';
import { importQuantized } from '../quant/import-quantized.ts';
import { preprocess } from '../quant/ports.ts';
import { quantizeModel, type QuantizeOptions } from '../quant/quantize-model.ts';
import { recipePays } from '../quant/recipe/pays.ts';
import { refineNetwork, type RecipeSamples } from '../quant/recipe/refine.ts';
import { DEFAULT_RECIPE, type Recipe, type RecipeStep } from '../quant/recipe/steps.ts';
import { collectStatistics } from '../quant/statistics.ts';
import { warnOfFewInputs } from '../readers/inputs/input-set.ts';
import { loadInputs } from '../readers/inputs/load.ts';
import {
  quantizeByValue,
  type Calibration,
  type FloatNetwork,
  type QuantMcuOptions,
  type QuantMcuResult,
} from './quantmcu.ts';

export type Method = 'int8' | 'quantmcu';

/** What is said about how a network becomes integers. */
export interface QuantizationChoices extends Omit<QuantMcuOptions, 'memoryBytes'> {
  /** The model file, for messages. */
  readonly model: string;
  readonly method: Method;
  /** Sample inputs, needed for a float model. */
  readonly calibration: string | null;
  /** Calibrate on no more than this many inputs. */
  readonly limit: number | null;
  /** x = (raw − mean) / std; null: 0 and 1, or what the port of a quantized model states. */
  readonly mean: readonly number[] | null;
  readonly std: readonly number[] | null;
  /** Null: `tflite` for a model that came in quantized, else `single`. */
  readonly rounding: Rounding | null;
  /** Of all layers, 2 … 8. */
  readonly weightBits: number;
  /** What fits a float model's weights to its integers; empty: nothing. */
  readonly recipe: readonly RecipeStep[];
  /** Takes a quantized model back to floats first. */
  readonly requantize: boolean;
  readonly maxRam: number | null;
}

/**
 * The integer model: taken over where the file is quantized, else quantized by the method chosen and by what the calibration
 * inputs give.
 */
export async function quantizeNetwork(
  graph: Graph,
  choices: QuantizationChoices,
  feedback: Feedback,
): Promise<QuantMcuResult> {
  const { mean, std } = choices;
  const portMeaning = mean === null && std === null ? portPreprocessing(graph, graph.inputs[0]!) : null;
  const preprocessing: Preprocessing = { mean: mean ?? [0], std: std ?? [1] };
  if (!isQuantized(graph)) {
    if (choices.requantize) feedback.warn(diagnostic('QM709'));
    return quantizeFloats(graph, choices, preprocessing, feedback);
  }
  if (choices.requantize) {
    return quantizeFloats(toFloatGraph(graph), choices, portMeaning ?? preprocessing, feedback);
  }
  if (choices.method !== 'int8') return fail('QM708', { file: choices.model }, { method: choices.method });
  if (choices.calibration !== null) feedback.warn(diagnostic('QM705', {}, { flag: '--calibration' }));
  if (choices.weightBits !== 8) feedback.warn(diagnostic('QM705', {}, { flag: '--weight-bits' }));
  const model = importQuantized(graph, { rounding: choices.rounding ?? 'tflite', preprocessing });
  return { model, ...UNIFORM };
}

/** What there is to say of a model without patches of its own. */
const UNIFORM = { patchSchedule: null, outlierShares: [], searchSeconds: 0 } as const;

async function quantizeFloats(
  graph: Graph,
  choices: QuantizationChoices,
  preprocessing: Preprocessing,
  feedback: Feedback,
): Promise<QuantMcuResult> {
  const calibration = await calibrate(graph, choices, preprocessing, feedback);
  const plain: QuantizeOptions = {
    rounding: choices.rounding ?? 'single',
    rawType: calibration.inputs.type,
    preprocessing,
    weightBits: new Map(graph.nodes.map((node) => [node.id, choices.weightBits])),
  };
  const refined = await refine(graph, calibration, plain, choices.recipe, feedback);
  feedback.progress('quantizing');
  const network: FloatNetwork = {
    graph: refined.graph,
    quantization: refined.options,
    refit:
      choices.recipe.length === 0
        ? null
        : (statistics, options, until) =>
            refineNetwork(
              graph,
              statistics,
              options,
              stepsBelow8Bits(choices.recipe),
              samplesOf(calibration, options),
              {
                onProgress: reportFitting(feedback),
                ...(until === undefined ? {} : { until }),
              },
            ),
  };
  const result = await quantizeBy(choices, network, calibration, feedback);
  // What the integers stand for is still the network that was given.
  return { ...result, model: { ...result.model, graph } };
}

async function quantizeBy(
  choices: QuantizationChoices,
  network: FloatNetwork,
  calibration: Calibration,
  feedback: Feedback,
): Promise<QuantMcuResult> {
  switch (choices.method) {
    case 'int8': {
      const { graph, quantization } = network;
      return { model: quantizeModel(graph, calibration.statistics, quantization), ...UNIFORM };
    }
    case 'quantmcu':
      return quantizeByValue(network, calibration, { ...choices, memoryBytes: choices.maxRam }, feedback);
  }
}

/** The recipe for maps below 8 bits: what the default one leaves out for its time, narrow maps cannot do without. */
function stepsBelow8Bits(recipe: readonly RecipeStep[]): Recipe {
  return new Set(recipe === DEFAULT_RECIPE ? ['reconstruct', ...recipe] : recipe);
}

function samplesOf({ inputs, count }: Calibration, { preprocessing }: QuantizeOptions): RecipeSamples {
  return { count, sample: (i) => [preprocess(inputs.sample(i), preprocessing)] };
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

async function calibrate(
  graph: Graph,
  { calibration, limit, method, model }: QuantizationChoices,
  preprocessing: Preprocessing,
  feedback: Feedback,
): Promise<Calibration> {
  if (calibration === null) return fail('QM312', { file: model });
  const inputs = await loadInputs(calibration, tensorOf(graph, graph.inputs[0]!.tensor).shape, fileSystem);
  const count = Math.min(inputs.count, limit ?? Infinity);
  const warning = warnOfFewInputs({ ...inputs, count }, calibration);
  if (warning !== null) feedback.warn(warning);
  const statistics = await collectStatistics(
    graph,
    count,
    (i) => [preprocess(inputs.sample(i), preprocessing)],
    (done) => {
      feedback.progress('calibrating', done, count);
    },
    { byChannel: method !== 'int8' },
  );
  return { inputs, count, statistics };
}
