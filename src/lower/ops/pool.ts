import type { QuantPool } from '../../ir/quant-model.ts';
import { field, foldStruct, placedMap, windowStruct } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { summarizeWindow } from '../summary.ts';

export function lowerPool(layer: QuantPool, context: LayerContext): LoweredLayer {
  const averages = layer.reduce === 'average';
  return {
    kernel: averages
      ? kernelNamed('qmcu_avg_pool_s8', 'qmcu_avg_pool.c', 'qmcu_pixel_sums_s8.c')
      : kernelNamed('qmcu_max_pool_s8'),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      field('window', windowStruct(layer.window)),
      ...(averages ? [field('origin', layer.origin)] : []),
      field('min', layer.clamp.min),
      field('max', layer.clamp.max),
      ...(averages ? [field('fold', foldStruct(context))] : []),
    ],
    summary: `${averages ? 'average' : 'max'} pool ${summarizeWindow(layer.window)}`,
  };
}
