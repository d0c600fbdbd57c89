import type { CValue } from '../../ir/program.ts';
import type { QuantConcat } from '../../ir/quant-model.ts';
import { field, placedMap, struct } from '../fields.ts';
import { kernelNamed, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { lookUpFields } from './values.ts';

export function lowerConcat(layer: QuantConcat, context: LayerContext): LoweredLayer {
  const { axis } = layer;
  let begin = 0;
  const parts = context.inputs.map((map, index): CValue => {
    const table = layer.tables[index] ?? null;
    const part = struct(
      field('map', placedMap(map.id)),
      field('y', axis === 'h' ? begin : 0),
      field('x', axis === 'w' ? begin : 0),
      field('channel', axis === 'c' ? begin : 0),
      ...lookUpFields(
        table && context.constant(`table_${index}`, table, `requantizes input ${index}`),
        table,
        map,
      ),
    );
    begin += map.shape[axis];
    return part;
  });
  return {
    kernel: kernelNamed('qmcu_concat_s8'),
    fields: [
      field('output', placedMap(context.output.id)),
      field('parts', parts.length),
      field('part', { kind: 'pointee', type: 'qmcu_concat_s8_part', items: parts }),
    ],
    summary: `concat along ${axis}`,
  };
}
