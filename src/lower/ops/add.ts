import type { CField } from '../../ir/program.ts';
import type { AddRequant, QuantAdd } from '../../ir/quant-model.ts';
import { field, placedMap, pointer } from '../fields.ts';
import { assert } from '../../util/never.ts';
import { kernelNamed, uniformZeroPoint, type LayerContext, type LoweredLayer } from '../layer-context.ts';

const KERNELS = {
  tflite: 'qmcu_add_s8',
  single: 'qmcu_add_single_s8',
  channels: 'qmcu_add_channels_s8',
} as const satisfies Record<AddRequant['rounding'], string>;

export function lowerAdd(layer: QuantAdd, context: LayerContext): LoweredLayer {
  return lowerWith(layer, context, requantFields);
}

/** The same of an addition channel by channel, the multipliers of both inputs side by side. */
export function lowerAddOfPairs(layer: QuantAdd, context: LayerContext): LoweredLayer {
  return lowerWith(layer, context, pairedRequantFields);
}

type RequantFields = (layer: QuantAdd, context: LayerContext) => readonly CField[];

function lowerWith(layer: QuantAdd, context: LayerContext, fieldsOf: RequantFields): LoweredLayer {
  return {
    kernel: kernelNamed(KERNELS[layer.requant.rounding]),
    fields: [
      field('input', { kind: 'array', items: context.inputs.map((map) => placedMap(map.id)) }),
      field('output', placedMap(context.output.id)),
      ...fieldsOf(layer, context),
      field('min', layer.clamp.min),
      field('max', layer.clamp.max),
    ],
    summary: 'add',
  };
}

function pairedRequantFields({ requant }: QuantAdd, context: LayerContext): readonly CField[] {
  assert(requant.rounding === 'channels', 'an addition channel by channel');
  const [first, second] = requant.multiplier;
  const multipliers = Int16Array.from(
    { length: 2 * requant.offset.length },
    (_, i) => (i % 2 === 0 ? first : second)[i >> 1]!,
  );
  const offset = context.constant('offset', requant.offset, 'zero points and rounding, one a channel');
  return [
    field('multipliers', pointer(context.constant('multipliers', multipliers, 'of both inputs, by channel'))),
    field('offset', pointer(offset)),
    field('shift', requant.shift),
  ];
}

function requantFields({ requant }: QuantAdd, context: LayerContext): readonly CField[] {
  switch (requant.rounding) {
    case 'tflite':
      return [
        field('input_zero_point', context.inputs.map(uniformZeroPoint)),
        field('left_shift', requant.leftShift),
        field('output_zero_point', uniformZeroPoint(context.output)),
        field('input_multiplier', requant.inputMultiplier),
        field('input_shift', requant.inputShift),
        field('output_multiplier', requant.outputMultiplier),
        field('output_shift', requant.outputShift),
      ];
    case 'single':
      return [
        field('multiplier', requant.multiplier),
        field('offset', requant.offset),
        field('shift', requant.shift),
      ];
    case 'channels': {
      const multipliers = requant.multiplier.map((values, input) =>
        pointer(context.constant(`multiplier_${input}`, values, `of input ${input}, one a channel`)),
      );
      const offset = context.constant('offset', requant.offset, 'zero points and rounding, one a channel');
      return [
        field('multiplier', { kind: 'array', items: multipliers }),
        field('offset', pointer(offset)),
        field('shift', requant.shift),
      ];
    }
  }
}
