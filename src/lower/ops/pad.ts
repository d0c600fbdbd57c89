import type { QuantPad } from '../../ir/quant-model.ts';
import { field, padFields, placedMap } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { padPixelOf } from '../weighted-sum.ts';

export function lowerPad(layer: QuantPad, context: LayerContext): LoweredLayer {
  return {
    kernel: kernelNamed('qmcu_pad_s8'),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      ...padFields(layer.padding),
      padPixelOf(context, context.output),
    ],
    summary: 'pad',
    macs: 0,
    weightBits: null,
  };
}
