import { realValues } from '../ir/constant.ts';
import { inputOf, type Graph, type Node, type NodeId, type TensorId } from '../ir/graph.ts';
import { indexAffine } from '../ir/index-map.ts';
import type { Preprocessing, RawType } from '../ir/quant-model.ts';
import type { Affine, MapBits, Rounding } from '../ir/quantization.ts';
import { mergeStatistics, type TensorStatistics } from './histogram.ts';
import { chooseInputEncoding, type InputEncoding } from './input-port.ts';
import { affine, affineOfChannelRanges, affineOfRange, leastErrorRange } from './range.ts';
import { groupBySharedQuantization, mayBePerChannel } from './shared.ts';
import { raiseForSingle, widenForSingle, type WeightQuantizer } from './single-scales.ts';
import { SOFTMAX_OUTPUT } from './softmax.ts';
import type { CalibrationStatistics } from './statistics.ts';
import { weightLayout, type WeightedNode } from '../ir/weight-layout.ts';
import { quantizeWeights, type IntegerWeights } from './weights.ts';

export interface QuantizeOptions {
  readonly rounding: Rounding;
  /** By graph input, the element type of the raw values that calibration used, and that the firmware will be given. */
  readonly rawTypes: readonly RawType[];
  readonly preprocessing: Preprocessing;
  /**
   * Widths of the maps that have fewer than 8 bits; one for all tensors that share a quantization. Ports, and maps whose
   * quantization is given, keep 8.
   */
  readonly bits?: ReadonlyMap<TensorId, MapBits>;
  /** Widths of the weights that have fewer than 8 bits. */
  readonly weightBits?: ReadonlyMap<NodeId, number>;
  /** Steps of weights that are rounded already (`RealWeights`). */
  readonly weightSteps?: ReadonlyMap<NodeId, Float64Array>;
  /** Affine parameters of maps below 8 bits that were chosen by other values than the statistics'. */
  readonly narrowed?: ReadonlyMap<TensorId, Affine>;
  /** Affine parameters that are given, whatever calibration finds: those that two models must share. */
  readonly fixed?: ReadonlyMap<TensorId, Affine>;
}

/** What every integer of a network means, before there are layers. */
export interface NetworkScales {
  /** By tensor. */
  readonly affines: readonly Affine[];
  /** Of the tensors that are graph inputs. */
  readonly encodings: ReadonlyMap<TensorId, InputEncoding>;
  readonly weightsOf: (node: WeightedNode) => IntegerWeights;
}

/** Chooses the affine parameters of every map by least squared error over the calibration values, and rounds the weights. */
export function chooseScales(
  graph: Graph,
  statistics: CalibrationStatistics,
  options: QuantizeOptions,
): NetworkScales {
  const { rounding, rawTypes, preprocessing } = options;
  const encodings = new Map(
    graph.inputs.map((port, index) => [
      port.tensor,
      chooseInputEncoding(graph, port, rawTypes[index]!, preprocessing),
    ]),
  );
  const ports = new Set([...graph.inputs, ...graph.outputs].map((port) => port.tensor));
  const bitsOf = (group: readonly TensorId[]): MapBits =>
    group.some((member) => ports.has(member)) ? 8 : (options.bits?.get(group[0]!) ?? 8);
  const fixed = new Map([...(options.fixed ?? []), ...fixedAffines(graph, encodings, bitsOf)]);
  const groups = groupBySharedQuantization(graph, fixed);
  const affineOf = new Map(
    [...new Set(groups)].map((group) => [
      group,
      affineOfGroup(graph, group, statistics, bitsOf(group), fixed, options.narrowed),
    ]),
  );
  const calibrated = groups.map((group) => affineOf.get(group)!);

  const weightsFor = rememberWeights((node, input) => {
    const encoding = encodings.get(node.inputs[0]!);
    const real = {
      weights: realValues(node.weights),
      bias: node.bias === null ? null : realValues(node.bias),
      inputScale: input.scale,
      inputOffset: encoding?.kind === 'raw-bytes' ? encoding.offset : null,
      weightSteps: options.weightSteps?.get(node.id) ?? null,
    };
    return quantizeWeights(real, weightLayout(node, graph), options.weightBits?.get(node.id) ?? 8);
  });
  const affines =
    rounding === 'single' ? widenForSingle(graph, groups, calibrated, fixed, weightsFor) : calibrated;
  const weightsOf = (node: WeightedNode): IntegerWeights => {
    const weights = weightsFor(node, affines[node.inputs[0]!]!);
    return rounding === 'single' ? raiseForSingle(weights, affines[node.output]!.scale) : weights;
  };
  return { affines, encodings, weightsOf };
}

/** Asks `quantize` again only where the input's quantization has changed. */
function rememberWeights(quantize: WeightQuantizer): WeightQuantizer {
  const known = new Map<WeightedNode, { readonly input: Affine; readonly weights: IntegerWeights }>();
  return (node, input) => {
    const last = known.get(node);
    if (last?.input === input) return last.weights;
    const weights = quantize(node, input);
    known.set(node, { input, weights });
    return weights;
  };
}

/** Affine parameters that do not come from calibration: those of the raw inputs and of functions with a known range. */
function fixedAffines(
  graph: Graph,
  encodings: ReadonlyMap<TensorId, InputEncoding>,
  bitsOf: (group: readonly TensorId[]) => MapBits,
): Map<TensorId, Affine> {
  const fixed = new Map<TensorId, Affine>();
  for (const [tensor, encoding] of encodings) {
    if (encoding.kind !== 'calibrated') fixed.set(tensor, encoding.affine);
  }
  for (const node of graph.nodes) {
    const known = knownOutput(node, graph);
    const isNarrow = node.kind === 'pointwise' && bitsOf([node.output]) < 8;
    if (known !== null && !isNarrow) fixed.set(node.output, known);
  }
  return fixed;
}

/** What TFLite fixes, at 8 bits, for the functions with a bounded range, and indices. */
function knownOutput(node: Node, graph: Graph): Affine | null {
  if (node.kind === 'argmax') return indexAffine(inputOf(graph, node).shape.c);
  if (node.kind === 'softmax') return SOFTMAX_OUTPUT;
  if (node.kind !== 'pointwise') return null;
  if (node.fn.name === 'sigmoid') return affine(1 / 256, -128);
  return node.fn.name === 'tanh' ? affine(1 / 128, 0) : null;
}

function affineOfGroup(
  graph: Graph,
  group: readonly TensorId[],
  statistics: CalibrationStatistics,
  bits: MapBits,
  fixed: ReadonlyMap<TensorId, Affine>,
  narrowed: ReadonlyMap<TensorId, Affine> = new Map(),
): Affine {
  const given = group
    .map((member) => fixed.get(member) ?? narrowed.get(member))
    .find((affine) => affine !== undefined);
  if (given !== undefined) return given;
  return affineOfStatistics(graph, group, mergeStatistics(group.map((member) => statistics[member]!)), bits);
}

/** The affine parameters of least squared error for tensors that share them. */
export function affineOfStatistics(
  graph: Graph,
  group: readonly TensorId[],
  merged: TensorStatistics,
  bits: MapBits,
): Affine {
  if (bits === 8 || merged.channels.length === 0 || !mayBePerChannel(graph, group)) {
    return affineOfRange(leastErrorRange(merged, bits), bits);
  }
  return affineOfChannelRanges(
    merged.channels.map((channel) => leastErrorRange(channel, bits)),
    bits,
  );
}
