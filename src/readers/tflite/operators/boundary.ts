import { sameAffine } from '../../../ir/quantization.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, mapShapeOf } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { viewOf } from '../value.ts';

/** QUANTIZE: of a float input of the model, whose place the quantized map takes, or from one quantization into another. */
export function convertQuantize(conversion: Conversion, operator: TfliteOperator): void {
  const file = conversion.input(operator, 0);
  const value = conversion.valueOf(file);
  if (value?.kind !== 'float input') {
    const input = conversion.map(operator, 0);
    conversion.emit(operator, [input], { kind: 'requantize' }, input.shape);
    return;
  }
  const earlier = conversion.quantizedInputs.get(file.index);
  const output = conversion.declareMap(
    conversion.outputTensor(operator),
    mapShapeOf(file.shape, canonicalAxes(file.shape.length) ?? []),
  );
  if (earlier === undefined) {
    conversion.quantizedInputs.set(file.index, output);
    return;
  }
  const [a, b] = [earlier.quantization, output.quantization];
  if (a === null || b === null ? a !== b : !sameAffine(a, b)) {
    conversion.unsupported(
      operator,
      'an input is quantized in two ways',
      'quantize each input of the model once',
    );
  }
  conversion.emitFrom(operator, [earlier], { kind: 'requantize' }, output, earlier.shape);
}

/** DEQUANTIZE: of weights, which it turns into real ones, or of an output of the model. */
export function convertDequantize(conversion: Conversion, operator: TfliteOperator): void {
  const file = conversion.input(operator, 0);
  const output = conversion.outputTensor(operator);
  if (conversion.valueOf(file) === null) {
    conversion.setValue(output, { kind: 'real constant', constant: conversion.constants.readReals(file) });
    return;
  }
  const tensor = conversion.map(operator, 0);
  // A map of more than 8 bits is taken for its real values as it is.
  conversion.setValue(
    output,
    tensor.quantization === null
      ? viewOf(tensor, canonicalAxes(file.shape.length) ?? [], null)
      : { kind: 'dequantized', tensor },
  );
}

/** TRANSPOSE: only notes where the axes went; whoever reads the map decides whether that matters. */
export function convertTranspose(conversion: Conversion, operator: TfliteOperator): void {
  const view = conversion.view(operator, 0);
  const order = conversion.integers(operator, 1);
  const axes = order.map(
    (axis) => view.axes[axis] ?? conversion.damaged(operator, `axis ${axis} of ${view.axes.length}`),
  );
  if (new Set(axes).size !== view.axes.length || canonicalAxes(axes.length) === null) {
    conversion.damaged(operator, 'its order of axes is not a permutation');
  }
  conversion.setValue(conversion.outputTensor(operator), viewOf(view.tensor, axes, operator));
}
