import type { MapShape, SlidingWindow } from '../../../ir/geometry.ts';
import { NO_CLAMP } from '../../../ir/graph.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, resolveAxis } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { refuseIntegers } from './sums.ts';
import { requireSameQuantization } from './same-quantization.ts';

/**
 * MEAN, SUM and REDUCE_MAX over rows, columns or both, in whatever order a TRANSPOSE has left them. Over one of the two it is the average over
 * windows that span that axis, which rounds alike where input and output share their quantization.
 */
export function convertReduction(
  reduction: Reduction,
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    reduce(conversion, operator, reduction);
  };
}

type Reduction = 'mean' | 'sum' | 'max';

function reduce(conversion: Conversion, operator: TfliteOperator, reduction: Reduction): void {
  const view = conversion.view(operator, 0);
  const input = view.tensor;
  const reduced = conversion
    .integers(operator, 1)
    .map(
      (axis) =>
        resolveAxis(axis, view.axes.length) ??
        conversion.damaged(operator, `axis ${axis} of ${view.axes.length}`),
    );
  const over = view.axes.filter((_, index) => reduced.includes(index));
  const reducesRows = over.includes('h') || input.shape.h === 1;
  const reducesColumns = over.includes('w') || input.shape.w === 1;
  if (over.includes('c') || over.length === 0) {
    conversion.unsupported(
      operator,
      'it does not run over rows and columns',
      'reduce over rows and columns only',
    );
  }

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
  if (reduction !== 'sum') {
    conversion.emitFrom(operator, [input], draft, output, expected);
    return;
  }
  if (input.quantization !== null) return refuseIntegers(conversion, operator);
  const mean = conversion.addIntermediate(operator, input, expected);
  conversion.emitNode(operator, [input], draft, mean);
  const data = Float32Array.of(window.kernel.h * window.kernel.w);
  const constant = { kind: 'float', shape: [1, 1, 1], data } as const;
  const product = { kind: 'binary', fn: 'mul', constant, clamp: NO_CLAMP } as const;
  conversion.emitFrom(operator, [mean], product, output, expected);
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
