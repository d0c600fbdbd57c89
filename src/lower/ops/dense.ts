import { elementCount } from '../../ir/geometry.ts';
import type { QuantDense } from '../../ir/quant-model.ts';
import { field, placedMap } from '../fields.ts';
import { kernelNamed, onlyInput, type LayerContext, type LoweredLayer } from '../layer-context.ts';
import { requantStruct } from '../requant-struct.ts';
import { weightedSumFields } from '../weighted-sum.ts';

export function lowerDense(layer: QuantDense, context: LayerContext): LoweredLayer {
  const input = onlyInput(context);
  const { output } = context;
  const inputValues = elementCount(input.shape);

  function* weightsOf(channel: number): Generator<readonly [number, number]> {
    for (let k = 0; k < inputValues; k++) yield [channel * inputValues + k, k % input.shape.c];
  }

  return {
    kernel: kernelNamed('qmcu_dense_s8'),
    fields: [
      field('input', placedMap(input.id)),
      field('output', placedMap(output.id)),
      ...weightedSumFields(layer, context, input, weightsOf),
      field('requant', requantStruct(context, layer.requant, layer.clamp)),
    ],
    summary: 'dense',
  };
}
