import type { MapShape } from '../../../ir/geometry.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, countElements, mapShapeOf } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';

/**
 * What RESHAPE, SQUEEZE or EXPAND_DIMS makes where the user fixed an input: the shape in its second operand, or what the file
 * leaves open in its own taken from what it leaves open of its input. Stops with QM202 where that does not say it.
 */
export function reshapedShape(conversion: Conversion, operator: TfliteOperator): MapShape {
  const input = conversion.input(operator, 0);
  const output = conversion.outputTensor(operator);
  const stated =
    operator.op === 'RESHAPE' && conversion.optionalInput(operator, 1) !== null
      ? conversion.integers(operator, 1)
      : (output.shapeSignature ?? output.shape);
  const [, ...behind] = stated;
  const target = [1, ...behind];
  const open = target.flatMap((extent, axis) => (extent < 1 ? [axis] : []));
  const opened = conversion.model.tensors[input.index]?.shapeSignature ?? input.shape;
  const taken = input.shape.filter((_, axis) => axis > 0 && opened[axis]! < 1);
  const count = countElements(input.shape);
  const filled =
    open.length === 1
      ? target.with(open[0]!, count / countElements(target.filter((extent) => extent >= 1)))
      : target.map((extent, axis) => (extent < 1 ? (taken[open.indexOf(axis)] ?? 0) : extent));
  if (countElements(filled) === count && filled.every((extent) => extent >= 1 && Number.isInteger(extent)))
    return mapShapeOf(filled, canonicalAxes(filled.length) ?? []);
  return conversion.unsupported(
    operator,
    'its shape does not follow from that of its input',
    'export the model with fixed extents',
  );
}

/** `made` under as many axes as `file` has, from which some of extent 1 may have gone. */
export function withoutAxes(made: MapShape, file: readonly number[]): MapShape {
  const extents = [made.h, made.w, made.c];
  for (let dropped = 3 - (file.length - 1); dropped > 0; dropped--) {
    const one = extents.findIndex((extent) => extent === 1);
    extents.splice(Math.max(0, one), 1);
  }
  return mapShapeOf([1, ...extents], canonicalAxes(extents.length + 1) ?? []);
}
