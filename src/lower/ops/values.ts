import type { CField } from '../../ir/program.ts';
import type {
  QuantArgmax,
  QuantLut,
  QuantMap,
  QuantReencode,
  QuantReshape,
  QuantSoftmax,
} from '../../ir/quant-model.ts';
import { integerRange } from '../../ir/quantization.ts';
import { exponentials } from '../../reference/integer/exponential.ts';
import { field, placedMap, pointer } from '../fields.ts';
import {
  kernelNamed,
  onlyInput,
  uniformZeroPoint,
  type LayerContext,
  type LoweredLayer,
} from '../layer-context.ts';

export function lowerReshape(_layer: QuantReshape, context: LayerContext): LoweredLayer {
  return valueByValue('qmcu_reshape', 'reshape', context);
}

export function lowerReencode(_layer: QuantReencode, context: LayerContext): LoweredLayer {
  return valueByValue('qmcu_reencode', `${context.output.encoding} bytes`, context);
}

export function lowerLut(layer: QuantLut, context: LayerContext): LoweredLayer {
  const table = context.constant('table', layer.table, 'the value for each input, the lowest first');
  const input = onlyInput(context);
  const isPlain = input.affine.bits === 8 && context.output.affine.bits === 8 && layer.table.length === 256;
  if (!isPlain) {
    return valueByValue('qmcu_lut_channels_s8', 'table', context, ...lookUpFields(table, layer.table, input));
  }
  return valueByValue('qmcu_lut_s8', 'table', context, field('table', pointer(table)));
}

/** `table`, and how values of `input` find their entries in it. */
export function lookUpFields(
  name: string | null,
  table: Int8Array | null,
  input: QuantMap,
): readonly CField[] {
  const { min, max } = integerRange(input.affine.bits);
  const entries = max - min + 1;
  return [
    field('table', pointer(name)),
    field('lowest', min),
    field('table_pitch', table === null || table.length === entries ? 0 : entries),
  ];
}

export function lowerSoftmax(layer: QuantSoftmax, context: LayerContext): LoweredLayer {
  const table = context.constant('exponential', exponentials(layer), 'exp(-scale * distance) in Q0.31');
  return valueByValue('qmcu_softmax_s8', 'softmax', context, field('exponential', pointer(table)));
}

export function lowerArgmax({ reduce }: QuantArgmax, context: LayerContext): LoweredLayer {
  return valueByValue(
    'qmcu_argmax_s8',
    reduce === 'max' ? 'index of the largest' : 'index of the smallest',
    context,
    field('sign', reduce === 'max' ? 1 : -1),
    field('first_index', uniformZeroPoint(context.output)),
  );
}

/** A kernel of one input whose struct is its two maps and what it goes by. */
function valueByValue(
  name: string,
  summary: string,
  context: LayerContext,
  ...others: readonly CField[]
): LoweredLayer {
  return {
    kernel: kernelNamed(name),
    fields: [
      field('input', placedMap(onlyInput(context).id)),
      field('output', placedMap(context.output.id)),
      ...others,
    ],
    summary,
  };
}
