import { diagnostic } from '../diagnostics/diagnostic.ts';
import { elapsedSeconds, startClock } from '../host/clock.ts';
import type { Feedback } from '../host/feedback.ts';
import type { PatchClass } from '../ir/classify.ts';
import type { Graph, TensorId } from '../ir/graph.ts';
import { mapOf, type LayerId, type QuantModel } from '../ir/quant-model.ts';
import type { MapBits } from '../ir/quantization.ts';
import type { Schedule } from '../ir/schedule.ts';
import { peakBytesByLayer } from '../memory/peak.ts';
import { joinArms, quantizeArms, stageTensors, type ArmNetwork } from '../quant/arms.ts';
import { collectPatchStatistics } from '../quant/patch-statistics.ts';
import { encodeInputs, preprocessInputs } from '../quant/ports.ts';
import { quantizeModel, type QuantizeOptions } from '../quant/quantize-model.ts';
import type { RefinedNetwork } from '../quant/recipe/refine.ts';
import type { CalibrationStatistics } from '../quant/statistics.ts';
import type { PortInputs } from '../readers/inputs/input-set.ts';
import { scheduleByLayers } from '../schedule/by-layers.ts';
import { schedulePatches } from '../schedule/by-patches.ts';
import { areasComputed, areasRead } from './patch-areas.ts';
import type { PatchWishes } from './patch-stage.ts';
import { choosePayingPatches } from './paying-patches.ts';
import { scoredGroups } from './scored-groups.ts';
import { memoryOf } from './stage-memory.ts';
import {
  centralMass,
  makeClassifier,
  outlierShares,
  reachOfOutliers,
  signedInput,
  staticClasses,
  surveyPatches,
  type OutlierRule,
} from './vdpc.ts';
import { assignBits, scoreBits, type BitAssignment } from './vdqs.ts';

/** The knobs of the method; what they mean and what they are worth: docs/quantmcu.md. */
export interface QuantMcuOptions extends PatchWishes {
  /** Central mass that counts as ordinary, in 0 … 1. */
  readonly phi: number;
  readonly outliers: OutlierRule;
  readonly classify: 'runtime' | 'static';
  /** Of static classes: the share of patches that keep 8 bits. */
  readonly outlierShare: number;
  /** Weight of the entropy loss against the BitOPs saved, 0 … 1. */
  readonly lambda: number;
  readonly bits: readonly MapBits[];
  /** Bytes that neighbouring maps may take; null: what the network behind the patch stage takes. */
  readonly memoryBytes: number | null;
}

/** The inputs that a network is calibrated on. */
export interface Calibration {
  readonly inputs: PortInputs;
  /** How many of them, from the first on. */
  readonly count: number;
  readonly statistics: CalibrationStatistics;
}

/** A float network on its way to integers. */
export interface FloatNetwork {
  /** With weights fitted to maps of 8 bits. */
  readonly graph: Graph;
  readonly quantization: QuantizeOptions;
  /** Fits the weights that `until` (by default the outputs) is computed with to other widths; null: they stay as they are. */
  readonly refit:
    | ((
        statistics: CalibrationStatistics,
        quantization: QuantizeOptions,
        until?: TensorId,
      ) => Promise<RefinedNetwork>)
    | null;
}

/** A network quantized by the method. */
export interface QuantMcuResult {
  readonly model: QuantModel;
  /** Its patches; null where no patch stage pays, and any schedule will do. */
  readonly patchSchedule: Schedule | null;
  /** By window, the share of the calibration inputs in which it is of class outlier. */
  readonly outlierShares: readonly number[];
  readonly searchSeconds: number;
}

/** Width of the weights: the method narrows feature maps only. */
const WEIGHT_BITS = 8;

/**
 * QuantMCU: cuts the first layers into patches, tells outlier patches from regular ones (VDPC), and gives the maps of the
 * regular ones fewer bits (VDQS), calibrated on those patches alone. Where no patch stage pays the widths of the whole
 * network are searched, layer by layer; a notice says so.
 */
export async function quantizeByValue(
  network: FloatNetwork,
  calibration: Calibration,
  options: QuantMcuOptions,
  feedback: Feedback,
): Promise<QuantMcuResult> {
  const { graph, quantization } = network;
  const search = startClock();
  const uniform = quantizeModel(graph, calibration.statistics, quantization);
  const chosen = choosePayingPatches(uniform, options);
  if (chosen === null) {
    feedback.warn(diagnostic('QM314'));
    return searchWholeMaps(network, calibration.statistics, uniform, options);
  }

  feedback.progress('classifying patches');
  const { grid, schedule: whole } = chosen;
  const stage = whole.segments.find((segment) => segment.kind === 'patch')!.layers;
  const { classifier, classes, shares } = classifyPatches(uniform, whole, calibration, options);
  const outlierCount = classes.flat().filter((kind) => kind === 'outlier').length;
  if (outlierCount === 0) {
    const reach = reachOfOutliers(calibration.statistics[graph.inputs[0]!.tensor]!);
    feedback.warn(diagnostic('QM315', {}, { phi: options.phi, reach: roundedDown(reach) }));
  }
  if (outlierCount === classes.flat().length) {
    feedback.warn(diagnostic('QM316', {}, { phi: options.phi }));
    return {
      model: uniform,
      patchSchedule: whole,
      outlierShares: shares,
      searchSeconds: elapsedSeconds(search),
    };
  }
  const classifySeconds = elapsedSeconds(search);

  const tensors = stageTensors(uniform, stage);
  const areas = areasComputed(uniform, whole);
  const found = await collectPatchStatistics(
    graph,
    calibration.count,
    (i) => preprocessInputs(calibration.inputs, i, quantization.preprocessing),
    areas,
    (input, patch) => classes[input]![patch] === 'regular',
    (done) => {
      feedback.progress('calibrating on regular patches', done, calibration.count);
    },
  );
  const inner = new Set(tensors.inner);
  const regular = calibration.statistics.map((all, tensor) =>
    inner.has(tensor) ? (found.get(tensor) ?? all) : all,
  );

  feedback.progress('searching for widths');
  const widths = startClock();
  const memory = memoryOf(uniform, stage, areas, options.memoryBytes ?? restPeak(uniform, stage));
  const { bits } = searchWidths(graph, tensors.inner, regular, memory, options);
  const searchSeconds = classifySeconds + elapsedSeconds(widths);
  const arms = quantizeArms(tensors, {
    outlier: { graph, statistics: calibration.statistics, options: quantization },
    regular: await fitToWidths(network, regular, bits, tensors.join),
  });
  const model = joinArms(arms, stage);
  const choice =
    options.classify === 'static'
      ? ({ kind: 'static', classes: classes[0]! } as const)
      : ({ kind: 'runtime', classifier } as const);
  return {
    model,
    patchSchedule: schedulePatches(model, { ...grid, split: model.arms!.outlier.at(-1)! }, choice),
    outlierShares: shares,
    searchSeconds,
  };
}

/** A share with three decimals, none of which is more than it has. */
function roundedDown(share: number): string {
  return (Math.floor(share * 1000) / 1000).toFixed(3);
}

/** VDPC: the class of every patch in every calibration input. */
function classifyPatches(
  model: QuantModel,
  schedule: Schedule,
  { inputs, count, statistics }: Calibration,
  options: QuantMcuOptions,
) {
  const port = model.inputs[0]!;
  const input = model.graph.inputs[0]!.tensor;
  const mass = centralMass(statistics[input]!, options.phi);
  const areas = areasRead(model, schedule, input);
  const classifier = makeClassifier(model, areas, mass, { rule: options.outliers, phi: options.phi });
  const survey = surveyPatches(classifier, mapOf(model, input).shape, count, (i) =>
    signedInput(model, port, encodeInputs(model, inputs, i)[0]!),
  );
  if (options.classify === 'runtime')
    return { classifier, classes: survey.classes, shares: outlierShares(survey) };
  const fixed: readonly PatchClass[] = staticClasses(survey, options.outlierShare);
  return {
    classifier,
    classes: survey.classes.map(() => fixed),
    shares: fixed.map((kind) => (kind === 'outlier' ? 1 : 0)),
  };
}

/** VDQS over the maps `tensors`. */
function searchWidths(
  graph: Graph,
  tensors: readonly TensorId[],
  statistics: CalibrationStatistics,
  memory: Parameters<typeof assignBits>[1],
  { bits, lambda }: QuantMcuOptions,
): BitAssignment {
  return assignBits(scoreBits(scoredGroups(graph, tensors, statistics, WEIGHT_BITS), bits, lambda), memory);
}

/** The most bytes live at once in the layers that follow a stage, one whole layer after the other. */
function restPeak(model: QuantModel, stage: readonly LayerId[]): number {
  const own = new Set(stage);
  const peaks = peakBytesByLayer(model, scheduleByLayers(model));
  return Math.max(0, ...peaks.filter((_, layer) => !own.has(layer)));
}

/** The network with weights fitted to maps of the widths `bits`, as far as `until`; behind it as it was. */
async function fitToWidths(
  { graph, quantization, refit }: FloatNetwork,
  statistics: CalibrationStatistics,
  bits: ReadonlyMap<TensorId, MapBits>,
  until?: TensorId,
): Promise<ArmNetwork> {
  const options = { ...quantization, bits };
  if (refit === null) return { graph, statistics, options };
  const fitted = await refit(statistics, options, until);
  const weightSteps = new Map([...(options.weightSteps ?? []), ...fitted.weightSteps]);
  const nodes = graph.nodes.map((node, id) => (fitted.nodes.has(id) ? fitted.graph.nodes[id]! : node));
  return { graph: { ...graph, nodes }, statistics, options: { ...options, weightSteps } };
}

/** VDQS alone, over every map but the inputs and outputs. */
async function searchWholeMaps(
  network: FloatNetwork,
  statistics: CalibrationStatistics,
  uniform: QuantModel,
  options: QuantMcuOptions,
): Promise<QuantMcuResult> {
  const { graph } = network;
  const search = startClock();
  const ports = new Set([...graph.inputs, ...graph.outputs].map((port) => port.tensor));
  const tensors = graph.tensors.map((tensor) => tensor.id).filter((tensor) => !ports.has(tensor));
  const schedule = scheduleByLayers(uniform);
  const layers = schedule.segments.flatMap((segment) => segment.layers);
  const memory = memoryOf(uniform, layers, [], options.memoryBytes ?? Infinity);
  const { bits } = searchWidths(graph, tensors, statistics, memory, options);
  const searchSeconds = elapsedSeconds(search);
  const fitted = await fitToWidths(network, statistics, bits);
  const model = quantizeModel(fitted.graph, fitted.statistics, fitted.options);
  return { model, patchSchedule: null, outlierShares: [], searchSeconds };
}
