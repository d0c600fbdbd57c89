import type { MapShape, SlidingWindow } from '../../../ir/geometry.ts';
import { NO_CLAMP } from '../../../ir/graph.ts';
import { addReduction, type Reduction } from '../../build/reduce.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, resolveAxis } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { refuseIntegers } from './sums.ts';
import { requireSameQuantization } from './same-quantization.ts';
import { sharedParts } from './shared-parts.ts';

/**
 * MEAN, SUM, REDUCE_MAX and REDUCE_MIN. Sums, minima and whatever runs over the channels are computed of float maps only: TFLite
 * has arithmetic of its own for their integers.
 */
export function convertReduction(
  reduction: Reduction,
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const view = conversion.view(operator, 0);
    const over = axesReduced(conversion, operator, view.axes.length);
    const isWindow = !over.some((axis) => view.axes[axis] === 'c');
    if (isWindow && (reduction === 'mean' || reduction === 'max'))
      reduceByWindow(conversion, operator, reduction);
    else if (view.tensor.quantization === null) reduceFloats(conversion, operator, reduction);
    else refuseIntegers(conversion, operator);
  };
}

/** The axes of the file's tensor that an operator reduces. */
function axesReduced(conversion: Conversion, operator: TfliteOperator, rank: number): readonly number[] {
  return conversion
    .integers(operator, 1)
    .map((axis) => resolveAxis(axis, rank) ?? conversion.damaged(operator, `axis ${axis} of ${rank}`));
}

/** Over any axes behind the batch. */
function reduceFloats(conversion: Conversion, operator: TfliteOperator, reduction: Reduction): void {
  const { builder, site, map, deliver } = sharedParts(conversion, operator);
  const input = map(0);
  const rank = input.extents.length + 1;
  const over = new Set(axesReduced(conversion, operator, rank).map((axis) => axis - 1));
  if (over.has(-1))
    return conversion.unsupported(operator, 'it runs over the batch', 'reduce rows, columns or channels');
  const keepsAxes = conversion.outputTensor(operator).shape.length === rank;
  deliver(addReduction(builder, site, input, reduction, over, keepsAxes));
}

/**
 * A mean or maximum over rows, columns or both, in whatever order a TRANSPOSE has left them. Over one of the two it is the average
 * over windows that span that axis, which rounds alike where input and output share their quantization.
 */
function reduceByWindow(conversion: Conversion, operator: TfliteOperator, reduction: 'mean' | 'max'): void {
  const view = conversion.view(operator, 0);
  const input = view.tensor;
  const reduced = axesReduced(conversion, operator, view.axes.length);
  const over = view.axes.filter((_, index) => reduced.includes(index));
  const reducesRows = over.includes('h') || input.shape.h === 1;
  const reducesColumns = over.includes('w') || input.shape.w === 1;
  if (over.length === 0)
    conversion.unsupported(operator, 'it reduces nothing', 'reduce rows, columns or channels');

  const file = conversion.outputTensor(operator);
  const kept =
    file.shape.length === view.axes.length ? view.axes : view.axes.filter((axis) => !over.includes(axis));
  const isVector = reducesRows && reducesColumns;
  // Of a vector only the channels are left to be anywhere, so its other axes may go by any name.
  const axes = isVector && kept.at(-1) === 'c' ? (canonicalAxes(kept.length) ?? kept) : kept;
  const expected = {
    h: reducesRows ? 1 : input.shape.h,
    w: reducesColumns ? 1 : input.shape.w,
    c: input.shape.c,
  };
  const output = conversion.declareView(file, axes, view.movedBy ?? operator, expected);
  const window = windowSpanning(input.shape, expected);
  if (reduction === 'max' || !isVector) requireSameQuantization(conversion, operator, input, output);
  const draft =
    reduction === 'max' || !isVector
      ? ({ kind: 'pool', reduce: reduction === 'max' ? 'max' : 'average', window, clamp: NO_CLAMP } as const)
      : ({ kind: 'mean' } as const);
  conversion.emitFrom(operator, [input], draft, output, expected);
}

/** The window that spans `input` along each axis along which `output` is 1, and one value along the other. */
function windowSpanning(input: MapShape, output: MapShape): SlidingWindow {
  return {
    kernel: { h: input.h / output.h, w: input.w / output.w },
    stride: { h: 1, w: 1 },
    dilation: { h: 1, w: 1 },
    padding: { top: 0, bottom: 0, left: 0, right: 0 },
  };
}
