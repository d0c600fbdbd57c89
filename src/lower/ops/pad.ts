import type { QuantPad } from '../../ir/quant-model.ts';
import { field, padFields, placedMap, pointer } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';

export function lowerPad(layer: QuantPad, context: LayerContext): LoweredLayer {
  const { border } = layer;
  const { c } = context.output.shape;
  const pixel = Int8Array.from({ length: c }, (_, channel) => border[border.length === 1 ? 0 : channel]!);
  return {
    kernel: kernelNamed('qmcu_pad_s8'),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      ...padFields(layer.padding),
      field('pad_pixel', pointer(context.constant('pad', pixel, 'the border, one a channel'))),
    ],
    summary: 'pad',
    macs: 0,
    weightBits: null,
  };
}
