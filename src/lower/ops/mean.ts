import type { QuantMean } from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { field, foldStruct, placedMap, pointer } from '../fields.ts';
import {
  kernelNamed,
  onlyInput,
  zeroPoints,
  type LayerContext,
  type LoweredLayer,
} from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';

export function lowerMean(layer: QuantMean, context: LayerContext): LoweredLayer {
  const input = onlyInput(context);
  const pixels = input.shape.h * input.shape.w;
  const start = zeroPoints(input).map((zeroPoint) => -pixels * zeroPoint);
  return {
    kernel: kernelNamed('qmcu_mean_s8', 'qmcu_mean.c', 'qmcu_pixel_sums_s8.c'),
    fields: [
      field('input', placedMap(input.id)),
      field('output', placedMap(context.output.id)),
      field('start', pointer(context.constant('start', start, 'minus the zero points of all pixels'))),
      field('requant', requantStruct(context, layer.requant, integerRange(context.output.affine.bits))),
      field('fold', foldStruct(context)),
    ],
    summary: 'mean',
  };
}
