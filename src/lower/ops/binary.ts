import type { BinaryArithmetic } from '../../ir/binary-arithmetic.ts';
import type { CField, CValue } from '../../ir/program.ts';
import type { QuantBinary, QuantMap } from '../../ir/quant-model.ts';
import { field, placedMap, pointer, struct } from '../fields.ts';
import { kernelNamed, uniformZeroPoint, type LayerContext, type LoweredLayer } from '../layer-context.ts';

const KERNELS = {
  sum: 'qmcu_binary_sum_s8',
  product: 'qmcu_binary_product_s8',
  min: 'qmcu_binary_extremum_s8',
  max: 'qmcu_binary_extremum_s8',
  prelu: 'qmcu_binary_prelu_s8',
} as const satisfies Record<BinaryArithmetic['fn'], string>;

export function lowerBinary(layer: QuantBinary, context: LayerContext): LoweredLayer {
  const { fn } = layer.arithmetic;
  return {
    kernel: kernelNamed(KERNELS[fn]),
    fields: [
      field('operand', { kind: 'array', items: operands(layer, context) }),
      field('output', placedMap(context.output.id)),
      ...arithmeticFields(layer, context.output),
      field('min', layer.clamp.min),
      field('max', layer.clamp.max),
    ],
    summary: layer.constant === null ? fn : `${fn} with a constant`,
  };
}

/** `qmcu_operand` of either side. */
function operands({ constant }: QuantBinary, context: LayerContext): readonly CValue[] {
  const [first, second] = context.inputs;
  const maps = constant === null ? [first!, second ?? first!] : [first!];
  const inArena = maps.map((map) =>
    struct(
      field('map', placedMap(map.id)),
      field('constant', pointer(null)),
      field('zero_point', uniformZeroPoint(map)),
    ),
  );
  if (constant === null) return inArena;
  const { h, w, c } = constant.shape;
  const name = context.constant('operand', constant.data, 'the second operand');
  const shape = struct(field('height', h), field('width', w), field('channels', c));
  return [
    ...inArena,
    struct(field('map', shape), field('constant', pointer(name)), field('zero_point', constant.zeroPoint)),
  ];
}

function arithmeticFields({ arithmetic }: QuantBinary, output: QuantMap): readonly CField[] {
  switch (arithmetic.fn) {
    case 'sum':
      return [
        field('left_shift', arithmetic.leftShift),
        field('output_zero_point', uniformZeroPoint(output)),
        field('input_multiplier', arithmetic.inputMultiplier),
        field('input_shift', arithmetic.inputShift),
        field('output_multiplier', arithmetic.outputMultiplier),
        field('output_shift', arithmetic.outputShift),
      ];
    case 'product':
      return [
        field('output_zero_point', uniformZeroPoint(output)),
        field('shift', arithmetic.shift),
        field('multiplier', arithmetic.multiplier),
      ];
    case 'prelu':
      return [
        field('output_zero_point', uniformZeroPoint(output)),
        field('multiplier', arithmetic.multiplier),
        field('shift', arithmetic.shift),
      ];
    case 'min':
    case 'max':
      return [field('takes_larger', arithmetic.fn === 'max' ? 1 : 0)];
  }
}
