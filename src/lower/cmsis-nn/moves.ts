import { elementCount } from '../../ir/geometry.ts';
import type { CField } from '../../ir/program.ts';
import type { QuantBinary, QuantConcat, QuantPad, QuantRearrange } from '../../ir/quant-model.ts';
import { sameRearrangement, transposing, type MapAxis } from '../../ir/rearrangement.ts';
import { assert } from '../../util/never.ts';
import { field, padFields, placedMap, struct } from '../fields.ts';
import { onlyInput, uniformZeroPoint, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { callNamed, mapFields } from './layers.ts';

/** A function of two maps of one shape. */
export function callBinary(layer: QuantBinary, context: LayerContext): LoweredLayer {
  const { arithmetic, clamp } = layer;
  const lowered = { summary: arithmetic.fn };
  if (arithmetic.fn !== 'product') {
    const kernel = callNamed(`qmcu_${arithmetic.fn}_cmsis_nn`);
    return { ...lowered, kernel, fields: twoInputs(context) };
  }
  const offsets = context.inputs.map((map) => -uniformZeroPoint(map));
  return {
    ...lowered,
    kernel: callNamed('qmcu_mul_cmsis_nn'),
    fields: [
      ...twoInputs(context),
      field('input_offset', offsets.length === 1 ? [offsets[0]!, offsets[0]!] : offsets),
      field('output_offset', uniformZeroPoint(context.output)),
      field('multiplier', arithmetic.multiplier),
      field('shift', arithmetic.shift),
      field('min', clamp.min),
      field('max', clamp.max),
    ],
  };
}

export function callPad(layer: QuantPad, context: LayerContext): LoweredLayer {
  return {
    kernel: callNamed('qmcu_pad_cmsis_nn'),
    fields: [
      ...mapFields(context),
      ...padFields(layer.padding),
      field('pad_bottom', layer.padding.bottom),
      field('pad_right', layer.padding.right),
      field('value', layer.border[0]!),
    ],
    summary: 'pad',
  };
}

export function callConcat(layer: QuantConcat, context: LayerContext): LoweredLayer {
  const { output, inputs } = context;
  const stretch = stretchOf(layer, output.shape);
  let offset = 0;
  const parts = inputs.map((map) => {
    const own = stretchOf(layer, map.shape);
    const part = struct(field('map', placedMap(map.id)), field('stretch', own), field('offset', offset));
    offset += own;
    return part;
  });
  return {
    kernel: callNamed('qmcu_concat_cmsis_nn'),
    fields: [
      field('output', placedMap(output.id)),
      field('stretches', elementCount(output.shape) / stretch),
      field('stretch', stretch),
      field('parts', parts.length),
      field('part', { kind: 'pointee', type: 'qmcu_concat_cmsis_nn_part', items: parts }),
    ],
    summary: `concat along ${layer.axis}`,
  };
}

/** Bytes of a map from one index of the axes outside of the concatenation's to the next. */
export function stretchOf({ axis }: QuantConcat, { h, w, c }: Record<MapAxis, number>): number {
  return { h: h * w * c, w: w * c, c }[axis];
}

export function callTranspose(layer: QuantRearrange, context: LayerContext): LoweredLayer {
  const order = transposedOrder(layer, onlyInput(context).shape);
  assert(order !== null, 'only transposes are called as such');
  return {
    kernel: callNamed('qmcu_transpose_cmsis_nn'),
    fields: [...mapFields(context), field('order', [0, ...order.map((axis) => 'hwc'.indexOf(axis) + 1)])],
    summary: 'rearrange',
  };
}

type Order = readonly [MapAxis, MapAxis, MapAxis];

const ORDERS: readonly Order[] = [
  ['h', 'c', 'w'],
  ['w', 'h', 'c'],
  ['w', 'c', 'h'],
  ['c', 'h', 'w'],
  ['c', 'w', 'h'],
];

/** The input's axes in the order of the output's; null where a layer moves values otherwise. */
export function transposedOrder(
  { source }: QuantRearrange,
  shape: { readonly [A in MapAxis]: number },
): Order | null {
  return ORDERS.find((order) => sameRearrangement(source, transposing(shape, order))) ?? null;
}

function twoInputs(context: LayerContext): readonly CField[] {
  const [first, second] = context.inputs;
  const maps = [first!, second ?? first!];
  return [
    field('input', { kind: 'array', items: maps.map(({ id }) => placedMap(id)) }),
    field('output', placedMap(context.output.id)),
  ];
}
