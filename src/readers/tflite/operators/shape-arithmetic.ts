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
