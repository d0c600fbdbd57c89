import type { Interpolation } from '../../ir/bilinear.ts';
import type { QuantRearrange, QuantResize } from '../../ir/quant-model.ts';
import { keepsAxis, type Place } from '../../ir/rearrangement.ts';
import { field, placedMap, pointer } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';

export function lowerRearrange({ source }: QuantRearrange, context: LayerContext): LoweredLayer {
  const table = (name: string, places: readonly Place[]) =>
    field(
      name,
      pointer(
        context.constant(
          name,
          Int16Array.from(places.flatMap(({ y, x, c }) => [y, x, c])),
          'row, column, channel',
        ),
      ),
    );
  return {
    kernel: kernelNamed('qmcu_rearrange_s8'),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      table('rows', source.rows),
      table('columns', source.columns),
      keepsAxis(source, 'c') ? field('channels', pointer(null)) : table('channels', source.channels),
    ],
    summary: 'rearrange',
  };
}

export function lowerResize({ rows, columns }: QuantResize, context: LayerContext): LoweredLayer {
  const table = (name: string, places: readonly Interpolation[]) => {
    const values = Int16Array.from(places.flatMap(({ lower, upper, fraction }) => [lower, upper, fraction]));
    return field(name, pointer(context.constant(name, values, 'lower, upper, fraction of 1024')));
  };
  return {
    kernel: kernelNamed('qmcu_resize_s8'),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      table('rows', rows),
      table('columns', columns),
    ],
    summary: 'resize',
  };
}
