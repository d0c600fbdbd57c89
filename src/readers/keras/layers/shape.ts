import { z } from 'zod';
import { elementCount } from '../../../ir/geometry.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import { addConcat, addPad, addReshape, addSum } from '../../build/maps.ts';
import type { LayerCall } from '../layer-call.ts';
import { dataFormat } from '../options.ts';

const count = z.number().int();
const edges = z.tuple([count, count]);
const pad2dOptions = z.object({
  padding: z.union([count, z.tuple([z.union([count, edges]), z.union([count, edges])])]).default(1),
  data_format: dataFormat,
});
const pad1dOptions = z.object({ padding: z.union([count, edges]).default(1), data_format: dataFormat });
const flattenOptions = z.object({ data_format: dataFormat });
const reshapeOptions = z.object({ target_shape: z.array(count) });
const concatOptions = z.object({ axis: count.default(-1) });

/** ZeroPadding2D: one number, one for each axis, or one for each edge. */
export function convertPad2d(call: LayerCall): MapValue {
  const { padding, data_format } = call.options(pad2dOptions);
  call.requireChannelsLast(data_format);
  call.requireRank(3);
  const [rows, columns] = typeof padding === 'number' ? [padding, padding] : padding;
  const [top, bottom] = bothEdges(rows);
  const [left, right] = bothEdges(columns);
  return addPad(call.builder, call.site, call.input, { top, bottom, left, right });
}

/** ZeroPadding1D: one number, or one for each end. */
export function convertPad1d(call: LayerCall): MapValue {
  const { padding, data_format } = call.options(pad1dOptions);
  call.requireChannelsLast(data_format);
  call.requireRank(2);
  const [top, bottom] = bothEdges(padding);
  return addPad(call.builder, call.site, call.input, { top, bottom, left: 0, right: 0 });
}

function bothEdges(padding: number | readonly [number, number]): readonly [number, number] {
  return typeof padding === 'number' ? [padding, padding] : padding;
}

export function convertFlatten(call: LayerCall): MapValue {
  call.requireChannelsLast(call.options(flattenOptions).data_format);
  return addReshape(call.builder, call.site, call.input, [elementCount(call.input.tensor.shape)]);
}

export function convertReshape(call: LayerCall): MapValue {
  return addReshape(call.builder, call.site, call.input, call.options(reshapeOptions).target_shape);
}

export function convertAdd(call: LayerCall): MapValue {
  return addSum(call.builder, call.site, call.inputs);
}

/** Concatenate; its axis counts the batch. */
export function convertConcat(call: LayerCall): MapValue {
  const { axis } = call.options(concatOptions);
  const rank = call.input.extents.length;
  if (axis === 0 || axis === -rank - 1) {
    call.unsupported('it joins along the batch', 'join along rows, columns or channels');
  }
  return addConcat(call.builder, call.site, call.inputs, axis < 0 ? axis + rank : axis - 1);
}
