import { elementCount, sameShape, slidingOutputShape } from '../../../ir/geometry.ts';
import { NO_CLAMP } from '../../../ir/graph.ts';
import type { PointwiseFunction } from '../../../ir/pointwise.ts';
import type { Conversion } from '../conversion.ts';
import { canonicalAxes, resolveAxis } from '../layout.ts';
import type { TfliteOperator } from '../schema.ts';
import { declareLike } from './same-quantization.ts';
import { reshapedShape } from './reshaped-shape.ts';
import { clampOf, windowFrom } from './window.ts';

/** What TFLite's integer kernels write, whatever the file says: 1/256 from −128 up. */
const SOFTMAX_SCALE = 1 / 256;
const SOFTMAX_ZERO_POINT = -128;

/** AVERAGE_POOL_2D and MAX_POOL_2D. */
export function convertPool(
  reduce: 'average' | 'max',
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const input = conversion.map(operator, 0);
    const options = conversion.options(operator, 'Pool2D');
    const kernel = { h: options.kernelH, w: options.kernelW };
    const window = windowFrom(conversion, operator, input.shape, kernel, options);
    const clamp = clampOf(conversion, operator, options.activation);
    const expected = slidingOutputShape(input.shape, window, input.shape.c);
    const output = declareLike(conversion, operator, input, expected);
    conversion.emitFrom(operator, [input], { kind: 'pool', reduce, window, clamp }, output, expected);
  };
}

/** PAD and PADV2 with one value, along rows and columns. */
export function convertPad(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  const axes = canonicalAxes(conversion.input(operator, 0).shape.length) ?? [];
  const amounts = conversion.integers(operator, 1);
  if (amounts.length !== 2 * axes.length)
    conversion.damaged(operator, `${amounts.length} paddings for ${axes.length} axes`);
  if (amounts.some((amount, index) => amount < 0 || (amount > 0 && !'hw'.includes(axes[index >> 1] ?? '')))) {
    conversion.unsupported(
      operator,
      'it pads the batch or the channels, or by less than nothing',
      'pad rows and columns only',
    );
  }
  const along = (axis: 'h' | 'w', edge: 0 | 1): number => amounts[2 * axes.indexOf(axis) + edge] ?? 0;
  const padding = { top: along('h', 0), bottom: along('h', 1), left: along('w', 0), right: along('w', 1) };
  const expected = {
    h: input.shape.h + padding.top + padding.bottom,
    w: input.shape.w + padding.left + padding.right,
    c: input.shape.c,
  };
  conversion.emitFrom(
    operator,
    [input],
    { kind: 'pad', padding, value: paddingValue(conversion, operator) },
    declareLike(conversion, operator, input, expected),
    expected,
  );
}

/** The real value in input 2 of PADV2. */
function paddingValue(conversion: Conversion, operator: TfliteOperator): number {
  if (operator.op === 'PAD' || conversion.optionalInput(operator, 2) === null) return 0;
  const file = conversion.input(operator, 2);
  const reals = conversion.realConstant(operator, 2) ?? conversion.constants.readReals(file);
  return reals.kind === 'float' && reals.data.length === 1
    ? reals.data[0]!
    : conversion.damaged(operator, 'it pads with more than one value');
}

/** CONCATENATION along any axis but the batch. */
export function convertConcat(conversion: Conversion, operator: TfliteOperator): void {
  const inputs = operator.inputs.map((_, slot) => conversion.map(operator, slot));
  const options = conversion.options(operator, 'Concatenation');
  const [first] = inputs;
  if (first === undefined) return conversion.damaged(operator, 'nothing to concatenate');
  const fileAxes = canonicalAxes(conversion.input(operator, 0).shape.length) ?? [];
  const axis = fileAxes[resolveAxis(options.axis, fileAxes.length) ?? -1];
  if (axis === undefined) return conversion.damaged(operator, `axis ${options.axis} of ${fileAxes.length}`);
  if (axis === 'n')
    return conversion.unsupported(
      operator,
      'it joins along the batch',
      'join along rows, columns or channels',
    );
  if (clampOf(conversion, operator, options.activation) !== NO_CLAMP) {
    conversion.unsupported(
      operator,
      'it has a fused activation',
      'make the activation an operator of its own',
    );
  }
  const total = inputs.reduce((extent, input) => extent + input.shape[axis], 0);
  if (inputs.some((input) => !sameShape({ ...input.shape, [axis]: 0 }, { ...first.shape, [axis]: 0 }))) {
    conversion.damaged(operator, 'its inputs differ in more than the axis they are joined along');
  }
  conversion.emit(operator, inputs, { kind: 'concat', axis }, { ...first.shape, [axis]: total });
}

/** SOFTMAX along the channels. */
export function convertSoftmax(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  const { beta } = conversion.options(operator, 'Softmax');
  const output = conversion.declareMap(conversion.outputTensor(operator), input.shape);
  const affine = output.quantization;
  if (affine !== null && (affine.scale[0] !== SOFTMAX_SCALE || affine.zeroPoint[0] !== SOFTMAX_ZERO_POINT)) {
    conversion.unsupported(
      operator,
      'its output is not quantized to 1/256',
      'quantize with the TFLite converter',
    );
  }
  conversion.emitFrom(operator, [input], { kind: 'softmax', beta }, output, input.shape);
}

/** A function of each value. */
export function convertPointwise(
  fn: PointwiseFunction,
): (conversion: Conversion, operator: TfliteOperator) => void {
  return (conversion, operator) => {
    const { tensor, axes, movedBy } = conversion.view(operator, 0);
    const output = conversion.declareView(conversion.outputTensor(operator), axes, movedBy, tensor.shape);
    conversion.emitFrom(operator, [tensor], { kind: 'pointwise', fn }, output, tensor.shape);
  };
}

export function convertLeakyRelu(conversion: Conversion, operator: TfliteOperator): void {
  const { slope } = conversion.options(operator, 'LeakyRelu');
  convertPointwise({ name: 'leaky-relu', slope })(conversion, operator);
}

export function convertGelu(conversion: Conversion, operator: TfliteOperator): void {
  const { isApproximate } = conversion.options(operator, 'Gelu');
  convertPointwise({ name: isApproximate ? 'gelu-tanh' : 'gelu' })(conversion, operator);
}

/** LOG_SOFTMAX along the channels of a float map: the logarithm of a softmax. */
export function convertLogSoftmax(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  if (input.quantization !== null) {
    conversion.unsupported(
      operator,
      'its integer arithmetic is not that of a table',
      'end the model with its logits or with SOFTMAX, which order the classes alike',
    );
  }
  const shares = conversion.addIntermediate(operator, input, input.shape);
  conversion.emitNode(operator, [input], { kind: 'softmax', beta: 1 }, shares);
  conversion.emit(operator, [shares], { kind: 'pointwise', fn: { name: 'log' } }, input.shape);
}

/** RESHAPE, SQUEEZE and EXPAND_DIMS: what the file says of the output is the new shape. */
export function convertReshape(conversion: Conversion, operator: TfliteOperator): void {
  const input = conversion.map(operator, 0);
  const made = conversion.isReshaped ? reshapedShape(conversion, operator) : null;
  const output = declareLike(conversion, operator, input, made);
  const isWhole = elementCount(output.shape) === elementCount(input.shape);
  conversion.emitFrom(operator, [input], { kind: 'reshape' }, output, isWhole ? output.shape : input.shape);
}
