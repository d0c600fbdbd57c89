import type { QuantPad } from '../../ir/quant-model.ts';
import { perChannel } from '../../util/per-channel.ts';
import { field, padFields, placedMap, pointer } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';

export function lowerPad(layer: QuantPad, context: LayerContext): LoweredLayer {
  const pixel = perChannel(layer.border, context.output.shape.c);
  return {
    kernel: kernelNamed('qmcu_pad_s8'),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      ...padFields(layer.padding),
      field('pad_pixel', pointer(context.constant('pad', pixel, 'the border, one a channel'))),
    ],
    summary: 'pad',
  };
}
