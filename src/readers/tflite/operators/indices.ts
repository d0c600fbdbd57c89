import { sameShape } from '../../../ir/geometry.ts';
import type { Tensor } from '../../../ir/graph.ts';
import { indexAffine, MAX_CHOICES } from '../../../ir/index-map.ts';
import { rearrangedShape, transposing, type MapAxis } from '../../../ir/rearrangement.ts';
import { tooManyChoices } from '../../refusals.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, mapShapeOf, resolveAxis } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { countable } from './places.ts';

/**
 * ARG_MAX and ARG_MIN along any axis behind the batch, which becomes the channels. The indices are a map in a quantization of
 * their own where the model is quantized.
 */
export function convertArgmax(
  reduce: 'max' | 'min',
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const input = conversion.map(operator, 0);
    const file = conversion.input(operator, 0);
    const [stated = -1] = conversion.integers(operator, 1);
    const axis = resolveAxis(stated, file.shape.length);
    const name = axis === null ? undefined : canonicalAxes(file.shape.length)?.[axis];
    if (name === undefined) return conversion.damaged(operator, `axis ${stated} of ${file.shape.length}`);
    if (name === 'n')
      return conversion.unsupported(operator, 'it runs over the batch', 'take rows, columns or channels');
    const choices = input.shape[name];
    if (choices > MAX_CHOICES) {
      const { reason, hint } = tooManyChoices(choices);
      return conversion.unsupported(operator, reason, hint);
    }
    const turned = name === 'c' ? input : turn(conversion, operator, name);
    const { h, w } = turned.shape;
    const kept = file.shape.map(Math.abs).filter((_, other) => other !== axis);
    const made = mapShapeOf(kept, canonicalAxes(kept.length) ?? []);
    const quantization = input.quantization && indexAffine(choices);
    const draft = { kind: 'argmax', reduce } as const;
    const output = conversion.declareMap(conversion.outputTensor(operator), made, quantization);
    if (sameShape(made, { h, w, c: 1 })) {
      conversion.emitFrom(operator, [turned], draft, output, made);
      return;
    }
    const indices = conversion.addIntermediate(operator, { quantization }, { h, w, c: 1 });
    conversion.emitNode(operator, [turned], draft, indices);
    conversion.emitFrom(operator, [indices], { kind: 'reshape' }, output, made);
  };
}

/** The map with rows or columns as its channels, the other axes in their order. */
function turn(conversion: Conversion, operator: TfliteOperator, axis: MapAxis): Tensor {
  const input = countable(conversion, operator, 0);
  const [first, second] = (['h', 'w', 'c'] as const).filter((other) => other !== axis);
  const source = transposing(input.shape, [first!, second!, axis]);
  const turned = conversion.addIntermediate(operator, input, rearrangedShape(source));
  conversion.emitNode(operator, [input], { kind: 'rearrange', source }, turned);
  return turned;
}

/** CAST of whole numbers that a map holds, as it holds them. */
export function convertCast(conversion: Conversion, operator: TfliteOperator): void {
  const file = conversion.input(operator, 0);
  const isWhole = file.type === 'int32' || file.type === 'int64';
  const view = conversion.view(operator, 0);
  if (!isWhole)
    conversion.unsupported(
      operator,
      `it changes ${file.type} values`,
      'cast inputs before they reach the model, or quantize it',
    );
  conversion.setValue(conversion.outputTensor(operator), view);
}
