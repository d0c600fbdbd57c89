import { realValues } from '../../ir/constant.ts';
import type { Graph } from '../../ir/graph.ts';
import type { Affine } from '../../ir/quantization.ts';
import { weightLayout, type WeightedNode } from '../../ir/weight-layout.ts';
import { quantizeWeights, type IntegerWeights } from '../weights.ts';
import { columnsOf, gatherColumns, groupCount, type StoredMaps } from './columns.ts';
import { fitGroup } from './fit-group.ts';
import type { SampledPositions } from './positions.ts';
import type { Matrix } from './products.ts';
import type { Recipe } from './steps.ts';

/** What a layer reads, as it is stored. */
export interface LayerInput {
  readonly maps: StoredMaps;
  readonly affine: Affine;
  /** As in `RealWeights`. */
  readonly offset: Float64Array | null;
}

export interface FittedLayer {
  /** In the layout of the node. */
  readonly weights: Float32Array;
  readonly bias: Float32Array;
  /** As in `RealWeights`. */
  readonly weightSteps: Float64Array | null;
  /** What the weights and biases become. */
  readonly integer: IntegerWeights;
}

/**
 * Fits the weights and biases of a layer to its quantized input, so that it gives `targets` (a row for each sampled
 * position, a column for each output channel) before its clamp. Weights that were fitted about the mean bring their bias
 * with them: any step corrects it.
 */
export function fitLayer(
  node: WeightedNode,
  graph: Graph,
  input: LayerInput,
  targets: Matrix,
  { positions, heldFrom }: SampledPositions,
  bits: number,
  recipe: Recipe,
): FittedLayer {
  const layout = weightLayout(node, graph);
  const { at, inputChannel, outputChannels, taps } = layout;
  const { scale } = input.affine;
  const scaleOf = (channel: number, tap: number): number => scale[inputChannel(channel, tap) % scale.length]!;
  const original = realValues(node.weights);
  const weights = original.slice();
  const steps = new Float64Array(outputChannels);
  let isRounded = true;
  const inputMean = new Float64Array(outputChannels * taps);
  const targetMean = new Float64Array(outputChannels);

  const groups = groupCount(node, graph);
  const groupOutputs = outputChannels / groups;
  const gptqBits = recipe.has('gptq') && bits < 8 && node.kind !== 'depthwise' ? bits : null;
  const wishes = { reconstruct: recipe.has('reconstruct'), gptqBits };
  for (let group = 0; group < groups; group++) {
    const first = group * groupOutputs;
    const inputs = gatherColumns(node, graph, group, input.maps, input.affine, positions);
    const own = Float64Array.from({ length: groupOutputs * taps }, (_, i) => {
      const channel = first + Math.floor(i / taps);
      return original[at(channel, i % taps)]! * scaleOf(channel, i % taps);
    });
    const sample = { inputs, targets: columnsOf(targets, first, groupOutputs), heldFrom };
    const fitted = fitGroup(sample, own, wishes);
    fitted.weights.forEach((weight, i) => {
      const channel = first + Math.floor(i / taps);
      weights[at(channel, i % taps)] = weight / scaleOf(channel, i % taps);
    });
    for (let output = 0; output < groupOutputs; output++) {
      inputMean.set(fitted.inputMean, (first + output) * taps);
    }
    targetMean.set(fitted.targetMean, first);
    if (fitted.steps === null) isRounded = false;
    else steps.set(fitted.steps, first);
  }

  const weightSteps = isRounded ? steps.map((step) => step / scale[0]!) : null;
  const quantize = (bias: Float32Array | null): IntegerWeights =>
    quantizeWeights(
      { weights, bias, inputScale: scale, inputOffset: input.offset, weightSteps },
      layout,
      bits,
    );
  const integer = quantize(null);
  const bias = Float32Array.from(targetMean, (mean, channel) => {
    let rest = mean;
    for (let tap = 0; tap < taps; tap++) {
      const index = at(channel, tap);
      const quantized = integer.accumulatorScale[channel]! * integer.weights.data[index]!;
      rest -= quantized * inputMean[channel * taps + tap]!;
      rest -= weights[index]! * scaleOf(channel, tap) * offsetOf(input, inputChannel(channel, tap));
    }
    return rest;
  });
  return { weights, bias, weightSteps, integer: quantize(bias) };
}

function offsetOf({ offset }: LayerInput, channel: number): number {
  return offset === null ? 0 : offset[channel % offset.length]!;
}
