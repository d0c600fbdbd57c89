import type { DiagnosticCollector } from '../diagnostics/diagnostic.ts';
import { mapOf, type QuantLayer, type QuantMap, type QuantModel } from '../ir/quant-model.ts';
import { integerRange, type Affine } from '../ir/quantization.ts';
import { INT32_MAX, INT32_MIN } from '../util/fixed-point.ts';
import { weightLayout, type WeightLayout, type WeightedNode } from '../ir/weight-layout.ts';

type LinearLayer = Extract<QuantLayer, { readonly kind: WeightedNode['kind'] }>;

/** What an accumulator can hold at any time, over all inputs and any order of summation. */
export interface AccumulatorBounds {
  readonly min: number;
  readonly max: number;
}

/**
 * Bounds of the accumulator of each output channel, for every input that the map can hold and in any order of summation,
 * whether a tap falls on the padding or not, and whether a kernel subtracts the input's zero point from each value or
 * folds it into the bias, and whether it subtracts the weights' zero point from each weight or sums the inputs apart.
 */
export function accumulatorBounds(
  layer: LinearLayer,
  layout: WeightLayout,
  input: Affine,
): AccumulatorBounds[] {
  const { outputChannels, taps, at, inputChannel } = layout;
  const { data, zeroPoint: weightZero, bias } = layer.weights;
  const { min: lowest, max: highest } = integerRange(input.bits);
  return Array.from({ length: outputChannels }, (_, channel) => {
    const centred = { min: 0, max: 0 };
    const folded = { min: 0, max: 0 };
    const split = { min: 0, max: 0 };
    let foldedBias = bias[channel]!;
    for (let tap = 0; tap < taps; tap++) {
      const weight = data[at(channel, tap)]! - weightZero;
      const zero = input.zeroPoint[inputChannel(channel, tap) % input.zeroPoint.length]!;
      widen(centred, weight * (lowest - zero), weight * (highest - zero));
      widen(folded, weight * lowest, weight * highest);
      widen(split, data[at(channel, tap)]! * lowest, data[at(channel, tap)]! * highest);
      widen(split, -weightZero * lowest, -weightZero * highest);
      foldedBias -= weight * zero;
    }
    widen(centred, bias[channel]!, bias[channel]!);
    widen(folded, foldedBias, foldedBias);
    widen(split, foldedBias, foldedBias);
    return {
      min: Math.min(centred.min, folded.min, split.min),
      max: Math.max(centred.max, folded.max, split.max),
    };
  });
}

/** Adds to each bound what a term between a and b, or its absence, can add. */
function widen(bounds: { min: number; max: number }, a: number, b: number): void {
  bounds.min += Math.min(a, b, 0);
  bounds.max += Math.max(a, b, 0);
}

/**
 * Adds QM282 for every layer with a channel whose accumulator could leave int32, or could do so when `tflite`
 * requantization shifts it left. (`single` requantization of an int32 accumulator cannot overflow: its high word is below
 * 2^30, and zero point and rounding half, shifted by at most 22, are below 2^30 too.)
 */
export function checkAccumulators(model: QuantModel, diagnostics: DiagnosticCollector): void {
  for (const layer of model.layers) {
    if (layer.kind !== 'conv' && layer.kind !== 'depthwise' && layer.kind !== 'dense') continue;
    const node = model.graph.nodes[layer.node] as WeightedNode;
    const input: QuantMap = mapOf(model, layer.inputs[0]!);
    const bounds = accumulatorBounds(layer, weightLayout(node, model.graph), input.affine);
    const room = bounds.map(({ min, max }, channel) => {
      const { requant } = layer;
      const leftShift = requant.rounding === 'tflite' ? Math.max(0, requant.shift[channel]!) : 0;
      return { min: min * 2 ** leftShift, max: max * 2 ** leftShift };
    });
    const channel = room.findIndex(({ min, max }) => min < INT32_MIN || max > INT32_MAX);
    if (channel < 0) continue;
    const { min, max } = room[channel]!;
    const bound = max > INT32_MAX ? max : min;
    diagnostics.add('QM282', node.origin, { node: layer.name, channel, bound });
  }
}
