import { broadcastShape } from '../../../ir/broadcast.ts';
import type { BinaryFunction, Clamp, Constant } from '../../../ir/graph.ts';
import { NO_CLAMP } from '../../../ir/graph.ts';
import { sameShape, type MapShape } from '../../../ir/geometry.ts';
import type { Conversion } from '../conversion.ts';
import { mapShapeOf, type Axis } from '../layout.ts';
import type { TfliteOperator, TfliteTensor } from '../schema.ts';
import { sameAxes } from '../layout.ts';
import type { MapView } from '../value.ts';
import { foldIntegers } from './shape-arithmetic.ts';
import { clampOf } from './window.ts';

/** What swapping both operands makes of a function; null where that is none. */
const SWAPPED: Readonly<Record<BinaryFunction, BinaryFunction | null>> = {
  add: 'add',
  sub: 'reverse-sub',
  'reverse-sub': 'sub',
  mul: 'mul',
  min: 'min',
  max: 'max',
  prelu: null,
};

/** ADD, SUB, MUL, MINIMUM, MAXIMUM and PRELU, of two maps or of a map and a constant; of integers known now, their value. */
export function convertBinary(
  fn: BinaryFunction,
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    if (foldIntegers(conversion, operator)) return;
    const clamp =
      operator.options?.table === 'Arithmetic'
        ? clampOf(conversion, operator, operator.options.activation)
        : NO_CLAMP;
    const [a, b] = [0, 1].map((slot) => viewOrNull(conversion, operator, slot));
    if (a && b) {
      addTwoMaps(conversion, operator, fn, a, b, clamp);
      return;
    }
    const view = a ?? b;
    const turned = a ? fn : SWAPPED[fn];
    if (!view || turned === null) {
      return conversion.unsupported(
        operator,
        'its first operand is a constant',
        'fold the constant into the neighbouring layers',
      );
    }
    const constant = readOperand(conversion, operator, a ? 1 : 0, view);
    emitLike(conversion, operator, [view], { kind: 'binary', fn: turned, constant, clamp }, view.axes);
  };
}

/** DIV of a map by a constant, whose reciprocal multiplies it, or by a map. */
export function convertDivide(conversion: Conversion, operator: TfliteOperator): void {
  const clamp = clampOf(conversion, operator, conversion.options(operator, 'Arithmetic').activation);
  const view = conversion.view(operator, 0);
  if (view.tensor.quantization !== null) {
    return conversion.unsupported(
      operator,
      'TFLite has no division of int8 maps',
      'multiply by the reciprocal, or quantize the float model with this compiler',
    );
  }
  const divisor = viewOrNull(conversion, operator, 1);
  if (divisor) {
    const inverse = conversion.addIntermediate(operator, divisor.tensor, divisor.tensor.shape);
    conversion.emitNode(
      operator,
      [divisor.tensor],
      { kind: 'pointwise', fn: { name: 'reciprocal' } },
      inverse,
    );
    addTwoMaps(conversion, operator, 'mul', view, { ...divisor, tensor: inverse }, clamp);
    return;
  }
  const constant = readOperand(conversion, operator, 1, view);
  if (constant.kind !== 'float' || constant.data.includes(0)) {
    return conversion.unsupported(operator, 'it divides by zero', 'check the constants of the model');
  }
  const inverse = { ...constant, data: constant.data.map((value) => 1 / value) };
  emitLike(conversion, operator, [view], { kind: 'binary', fn: 'mul', constant: inverse, clamp }, view.axes);
}

function addTwoMaps(
  conversion: Conversion,
  operator: TfliteOperator,
  fn: BinaryFunction,
  a: MapView,
  b: MapView,
  clamp: Clamp,
): void {
  const shape = broadcastShape(a.tensor.shape, b.tensor.shape);
  if (shape === null || !(sameAxes(a.axes, b.axes) || isVector(a) || isVector(b))) {
    return refuseOperands(conversion, operator);
  }
  const isPlain = fn === 'add' && sameShape(a.tensor.shape, b.tensor.shape);
  const draft = isPlain
    ? ({ kind: 'add', clamp } as const)
    : ({ kind: 'binary', fn, constant: null, clamp } as const);
  const { axes } = a.axes.length < b.axes.length ? b : a;
  emitLike(conversion, operator, [a, b], draft, axes);
}

/** Stops with QM202: two maps that do not broadcast to one. */
export function refuseOperands(conversion: Conversion, operator: TfliteOperator): never {
  return conversion.unsupported(
    operator,
    'its operands differ in shape or in the order of their axes',
    'combine maps of one shape, or of extents that are 1 where they differ',
  );
}

/** Whether a map has channels only, which stand last however many axes it has. */
function isVector({ tensor, movedBy }: MapView): boolean {
  return movedBy === null && tensor.shape.h === 1 && tensor.shape.w === 1;
}

/** Adds a node whose output has the axes of its operands, in whatever order a TRANSPOSE has left them. */
function emitLike(
  conversion: Conversion,
  operator: TfliteOperator,
  views: readonly MapView[],
  draft: Parameters<Conversion['emitNode']>[2],
  axes: readonly Axis[],
): void {
  const file = conversion.outputTensor(operator);
  const movedBy = views.find((view) => view.movedBy !== null)?.movedBy ?? null;
  const made = expectedShape(views, draft);
  const output = conversion.declareView(file, axes, movedBy, made);
  conversion.emitFrom(
    operator,
    views.map(({ tensor }) => tensor),
    draft,
    output,
    made ?? output.shape,
  );
}

function expectedShape(
  views: readonly MapView[],
  draft: Parameters<Conversion['emitNode']>[2],
): MapShape | null {
  const constant = draft.kind === 'binary' ? draft.constant : null;
  const second =
    constant === null
      ? views[1]?.tensor.shape
      : { h: constant.shape[0]!, w: constant.shape[1]!, c: constant.shape[2]! };
  return second === undefined ? null : broadcastShape(views[0]!.tensor.shape, second);
}

function viewOrNull(conversion: Conversion, operator: TfliteOperator, slot: number): MapView | null {
  const value = conversion.valueOf(conversion.input(operator, slot));
  return value === null || value.kind === 'real constant' ? null : conversion.view(operator, slot);
}

/** The constant in input `slot`, its axes put into those of the map that it meets. */
function readOperand(
  conversion: Conversion,
  operator: TfliteOperator,
  slot: number,
  view: MapView,
): Constant {
  const file = conversion.input(operator, slot);
  const shape = operandShapeOf(conversion, operator, file, view);
  const reals = conversion.realConstant(operator, slot);
  if (reals !== null) {
    if (view.tensor.quantization === null) return { ...reals, shape };
    return conversion.mixes(operator);
  }
  if (view.tensor.quantization === null) return conversion.mixes(operator);
  return conversion.constants.readWeights(file, shape, 0, 0);
}

function operandShapeOf(
  conversion: Conversion,
  operator: TfliteOperator,
  file: TfliteTensor,
  { axes }: MapView,
): readonly number[] {
  const leading = file.shape.slice(0, Math.max(0, file.shape.length - axes.length));
  const own = file.shape.slice(leading.length);
  const padded = [...Array<number>(axes.length - own.length).fill(1), ...own];
  const { h, w, c } = mapShapeOf(padded, axes);
  const moved = axes.filter((axis) => axis !== 'n' && padded[axes.indexOf(axis)]! > 1);
  const isInOrder = moved.join() === (['h', 'w', 'c'] as const).filter((axis) => moved.includes(axis)).join();
  if (leading.some((extent) => extent !== 1) || (padded[axes.indexOf('n')] ?? 1) !== 1 || !isInOrder) {
    return conversion.unsupported(
      operator,
      `its constant has the shape [${file.shape.join(', ')}]`,
      'use one number, one for each channel, or one for each value of the map',
    );
  }
  return [h, w, c];
}
