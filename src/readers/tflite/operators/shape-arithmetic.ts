import type { Conversion } from '../conversion.ts';
import { sliceIndices } from '../../slice.ts';
import { countElements } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';

/** SHAPE: shapes are fixed, so it is a constant. */
export function foldShape(conversion: Conversion, operator: TfliteOperator): void {
  const { shape } = conversion.input(operator, 0);
  conversion.setValue(conversion.outputTensor(operator), {
    kind: 'integers',
    values: shape.map((extent) => Math.abs(extent)),
    shape: [shape.length],
  });
}

/** STRIDED_SLICE of integers known now. */
export function foldStridedSlice(conversion: Conversion, operator: TfliteOperator): void {
  const values = conversion.integers(operator, 0);
  const shape = conversion.integersShape(operator, 0);
  const { masks } = conversion.options(operator, 'StridedSlice');
  const [begin, end, stride] = [1, 2, 3].map((slot) => conversion.integers(operator, slot));
  if (masks.ellipsis !== 0 || masks.newAxis !== 0 || countElements(shape) !== values.length) {
    return conversion.unsupported(
      operator,
      'it has an ellipsis or adds an axis',
      'give begin, end and stride of every axis',
    );
  }
  const isSet = (mask: number, axis: number): boolean => ((mask >> axis) & 1) === 1;
  const along = shape.map((extent, axis) =>
    sliceIndices(extent, begin?.[axis] ?? 0, end?.[axis] ?? extent, stride?.[axis] ?? 1, {
      isOpenAtBegin: isSet(masks.begin, axis),
      isOpenAtEnd: isSet(masks.end, axis),
      isOne: isSet(masks.shrink, axis),
    }),
  );
  if (
    along.some(
      (indices, axis) => indices.length === 0 || indices.some((index) => index < 0 || index >= shape[axis]!),
    )
  )
    conversion.damaged(operator, 'it takes nothing');
  const places = along.reduce<readonly number[]>(
    (before, indices, axis) =>
      before.flatMap((place) => indices.map((index) => place * shape[axis]! + index)),
    [0],
  );
  conversion.setValue(conversion.outputTensor(operator), {
    kind: 'integers',
    values: places.map((place) => values[place]!),
    shape: along.flatMap((indices, axis) => (isSet(masks.shrink, axis) ? [] : [indices.length])),
  });
}

/** PACK of integers, or of lists of as many each, one after the other. */
export function foldPack(conversion: Conversion, operator: TfliteOperator): void {
  const parts = operator.inputs.map((_, slot) => conversion.integers(operator, slot));
  const shape = conversion.integersShape(operator, 0);
  const isEven = parts.every(({ length }) => length === parts[0]!.length);
  if (!isEven || conversion.options(operator, 'Pack').axis !== 0) {
    conversion.unsupported(operator, 'it packs more than integers', 'give the shape as a constant');
  }
  conversion.setValue(conversion.outputTensor(operator), {
    kind: 'integers',
    values: parts.flat(),
    shape: [parts.length, ...shape],
  });
}

/** What is known now of integers, by the operator. */
const INTEGER_FUNCTIONS: ReadonlyMap<string, (a: number, b: number) => number> = new Map([
  ['ADD', (a: number, b: number) => a + b],
  ['SUB', (a: number, b: number) => a - b],
  ['MUL', (a: number, b: number) => a * b],
  ['DIV', (a: number, b: number) => Math.trunc(a / b)],
  ['MINIMUM', Math.min],
  ['MAXIMUM', Math.max],
  ['FLOOR_DIV', (a: number, b: number) => Math.floor(a / b)],
  ['FLOOR_MOD', (a: number, b: number) => a - b * Math.floor(a / b)],
]);

/** Replaces a function of integers known now by its value; whether it was one. */
export function foldIntegers(conversion: Conversion, operator: TfliteOperator): boolean {
  const areIntegers = operator.inputs.every((_, slot) => {
    const tensor = conversion.input(operator, slot);
    const value = conversion.valueOf(tensor);
    return (
      value?.kind === 'integers' || (value === null && (tensor.type === 'int32' || tensor.type === 'int64'))
    );
  });
  const f = INTEGER_FUNCTIONS.get(operator.op);
  if (!areIntegers || f === undefined) return false;
  const [a = [], b = []] = [0, 1].map((slot) => conversion.integers(operator, slot));
  const values = Array.from({ length: Math.max(a.length, b.length) }, (_, index) =>
    f(a[a.length === 1 ? 0 : index]!, b[b.length === 1 ? 0 : index]!),
  );
  if (!values.every(Number.isInteger)) conversion.damaged(operator, 'its integers do not fit');
  const longer = a.length < b.length ? 1 : 0;
  const shape = conversion.integersShape(operator, longer);
  conversion.setValue(conversion.outputTensor(operator), { kind: 'integers', values, shape });
  return true;
}

/** FLOOR_DIV and FLOOR_MOD of integers known now. */
export function convertFloorArithmetic(conversion: Conversion, operator: TfliteOperator): void {
  if (foldIntegers(conversion, operator)) return;
  conversion.unsupported(operator, 'it divides maps', 'it is supported in the arithmetic of shapes only');
}
