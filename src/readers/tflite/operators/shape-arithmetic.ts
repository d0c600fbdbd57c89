import type { Conversion } from '../conversion.ts';
import type { SliceMasks } from '../options.ts';
import type { TfliteOperator } from '../schema.ts';

/** SHAPE: shapes are fixed, so it is a constant. */
export function foldShape(conversion: Conversion, operator: TfliteOperator): void {
  const { shape } = conversion.input(operator, 0);
  conversion.setValue(conversion.outputTensor(operator), {
    kind: 'integers',
    values: shape.map((extent) => Math.abs(extent)),
  });
}

/** STRIDED_SLICE of a vector of integers; slicing a feature map is not supported. */
export function foldStridedSlice(conversion: Conversion, operator: TfliteOperator): void {
  const values = conversion.integers(operator, 0);
  const { masks } = conversion.options(operator, 'StridedSlice');
  const [begin, end, stride] = [1, 2, 3].map((slot) => conversion.integers(operator, slot));
  if (
    begin?.length !== 1 ||
    end?.length !== 1 ||
    stride?.length !== 1 ||
    masks.ellipsis !== 0 ||
    masks.newAxis !== 0
  ) {
    return conversion.unsupported(
      operator,
      'it slices more than a list of integers',
      'give the shape as a constant',
    );
  }
  const sliced = sliceList(values, begin[0]!, end[0]!, stride[0]!, masks);
  if (sliced === null) return conversion.damaged(operator, `a slice from ${begin[0]!} by ${stride[0]!}`);
  conversion.setValue(conversion.outputTensor(operator), { kind: 'integers', values: sliced });
}

/** Elements begin, begin + stride, … before `end`; null for what cannot be sliced. */
function sliceList(
  values: readonly number[],
  begin: number,
  end: number,
  stride: number,
  masks: SliceMasks,
): readonly number[] | null {
  if (stride < 1) return null;
  const fromStart = (index: number): number => Math.max(0, index < 0 ? index + values.length : index);
  const first = masks.begin & 1 ? 0 : fromStart(begin);
  if (masks.shrink & 1) return values.slice(first, first + 1);
  const last = masks.end & 1 ? values.length : fromStart(end);
  return values.slice(first, last).filter((_, index) => index % stride === 0);
}

/** PACK of integers into a list. */
export function foldPack(conversion: Conversion, operator: TfliteOperator): void {
  const values = operator.inputs.flatMap((_, slot) => conversion.integers(operator, slot));
  if (values.length !== operator.inputs.length || conversion.options(operator, 'Pack').axis !== 0) {
    conversion.unsupported(operator, 'it packs more than single integers', 'give the shape as a constant');
  }
  conversion.setValue(conversion.outputTensor(operator), { kind: 'integers', values });
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
  conversion.setValue(conversion.outputTensor(operator), { kind: 'integers', values });
  return true;
}

/** FLOOR_DIV and FLOOR_MOD of integers known now. */
export function convertFloorArithmetic(conversion: Conversion, operator: TfliteOperator): void {
  if (foldIntegers(conversion, operator)) return;
  conversion.unsupported(operator, 'it divides maps', 'it is supported in the arithmetic of shapes only');
}
