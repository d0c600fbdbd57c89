import type { SlidingWindow } from '../ir/geometry.ts';
import type { CField } from '../ir/program.ts';
import type { QuantMap, QuantWeights } from '../ir/quant-model.ts';
import { field, pointer } from './fields.ts';
import { zeroPoints, type LayerContext } from './layer-context.ts';

/** For one output channel: where its weights stand, and which input channel each of them multiplies. */
export type WeightsOfChannel = (channel: number) => Iterable<readonly [index: number, inputChannel: number]>;

/** The fields `weight_zero_point`, `weights` (NULL where they are packed) and `bias` of a layer that sums products. */
export function weightedSumFields(
  layer: { readonly weights: QuantWeights },
  context: LayerContext,
  input: QuantMap,
  weightsOf: WeightsOfChannel,
): readonly CField[] {
  const { weights } = layer;
  const bias = foldZeroPoints(weights, zeroPoints(input), weightsOf);
  return [
    field('weight_zero_point', weights.zeroPoint),
    field('weights', pointer(weights.bits < 8 ? null : context.constant('weights', weights.data, 'weights'))),
    field('bias', pointer(context.constant('bias', bias, 'biases, input zero points folded in'))),
  ];
}

/**
 * Σ (x − zx)(w − zw) + bias = Σ x(w − zw) + (bias − Σ zx(w − zw)): the second bracket, one a channel. That no part of the sum
 * leaves 32 bits was checked when the weights were made (QM282).
 */
export function foldZeroPoints(
  weights: QuantWeights,
  inputZeroPoints: Int32Array,
  weightsOf: WeightsOfChannel,
): Int32Array {
  return weights.bias.map((bias, channel) => {
    let folded = bias;
    for (const [index, inputChannel] of weightsOf(channel)) {
      folded -= inputZeroPoints[inputChannel]! * (weights.data[index]! - weights.zeroPoint);
    }
    return folded;
  });
}

/** `pad_pixel`: what taps outside the map read; NULL where there are none. */
export function padPixelField(context: LayerContext, input: QuantMap, window: SlidingWindow): CField {
  const { top, bottom, left, right } = window.padding;
  if (Math.max(top, bottom, left, right) === 0) return field('pad_pixel', pointer(null));
  const pixel = Int8Array.from(zeroPoints(input));
  return field('pad_pixel', pointer(context.constant('pad', pixel, 'zero points, one a channel')));
}
