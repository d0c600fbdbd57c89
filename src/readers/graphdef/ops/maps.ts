import type { PointwiseFunction } from '../../../ir/pointwise.ts';
import { addConcat, addLimits, addPad, addPointwise, addPool, addSoftmax } from '../../build/maps.ts';
import { addArgmax, addReduction, type Reduction } from '../../build/reduce.ts';
import type { NodeCall } from '../node-call.ts';
import type { Value } from '../value.ts';
import { mapValue } from './arithmetic.ts';
import { slidingOf } from './layers.ts';

/** AvgPool and MaxPool. */
export function convertPool(reduce: 'average' | 'max'): (call: NodeCall) => Value {
  return (call) => {
    call.requireChannelsLast();
    const [n = 1, h = 1, w = 1, c = 1] = call.numbers('ksize');
    if (n !== 1 || c !== 1)
      call.unsupported('it pools over the batch or the channels', 'pool over rows and columns');
    return mapValue(addPool(call.builder, call.site, call.map(0), reduce, { h, w }, slidingOf(call)));
  };
}

/** Mean, Sum, Max and Min over any axes but the batch. */
export function convertReduce(reduction: Reduction): (call: NodeCall) => Value {
  return (call) => {
    const map = call.map(0);
    const rank = map.extents.length + 1;
    const axes = call.integers(1).map((axis) => (axis < 0 ? axis + rank : axis));
    if (axes.some((axis) => !Number.isInteger(axis) || axis < 0 || axis >= rank))
      call.damaged(`it reduces an axis of ${rank} that is not there`);
    if (axes.includes(0)) call.unsupported('it runs over the batch', 'keep the batch as an axis of its own');
    const over = new Set(axes.map((axis) => axis - 1));
    const keeps = call.flag('keep_dims') || call.flag('keepdims');
    return mapValue(addReduction(call.builder, call.site, map, reduction, over, keeps));
  };
}

/** Pad and PadV2 with one value, along rows and columns. */
export function convertPad(call: NodeCall): Value {
  const map = call.map(0);
  const rank = map.extents.length + 1;
  const amounts = call.integers(1);
  if (amounts.length !== 2 * rank) call.damaged(`${amounts.length} paddings for ${rank} axes`);
  const isSpatial = amounts.every((amount, i) => amount === 0 || (i >= 2 && i < 2 * rank - 2));
  if (!isSpatial) call.unsupported('it pads the batch or the channels', 'pad rows and columns only');
  const [value = 0] = call.inputs.length > 2 ? call.constant(2).data : [];
  if (Number.isNaN(value)) call.damaged('it pads with what is no number');
  const [top = 0, bottom = 0, left = 0, right = 0] = amounts.slice(2, -2);
  return mapValue(addPad(call.builder, call.site, map, { top, bottom, left, right }, value));
}

/** ConcatV2, whose last input is the axis. */
export function convertConcat(call: NodeCall): Value {
  const inputs = call.inputs.slice(0, -1).map((_, slot) => call.map(slot));
  const rank = (inputs[0]?.extents.length ?? 0) + 1;
  const [stated = 0] = call.integers(call.inputs.length - 1);
  const axis = stated < 0 ? stated + rank : stated;
  if (axis === 0) call.unsupported('it joins along the batch', 'join along rows, columns or channels');
  return mapValue(addConcat(call.builder, call.site, inputs, axis - 1));
}

export function convertSoftmax(call: NodeCall): Value {
  return mapValue(addSoftmax(call.builder, call.site, call.map(0)));
}

export function convertRelu(max: number): (call: NodeCall) => Value {
  return (call) => mapValue(addLimits(call.builder, call.site, call.map(0), { min: 0, max }));
}

export function convertPointwise(fn: PointwiseFunction): (call: NodeCall) => Value {
  return (call) => mapValue(addPointwise(call.builder, call.site, call.map(0), fn));
}

export function convertLeakyRelu(call: NodeCall): Value {
  return convertPointwise({ name: 'leaky-relu', slope: call.number('alpha', 0.2) })(call);
}

/** LogSoftmax: the logarithm of a softmax. */
export function convertLogSoftmax(call: NodeCall): Value {
  const shares = addSoftmax(call.builder, call.part('softmax'), call.map(0));
  return mapValue(addPointwise(call.builder, call.site, shares, { name: 'log' }));
}

/** ArgMax and ArgMin along any axis behind the batch. */
export function convertArgmax(reduce: 'max' | 'min'): (call: NodeCall) => Value {
  return (call) => {
    const map = call.map(0);
    const rank = map.extents.length + 1;
    const [stated = 0] = call.inputs.length > 1 ? call.integers(1) : [0];
    const axis = stated < 0 ? stated + rank : stated;
    if (axis === 0) call.unsupported('it runs over the batch', 'take rows, columns or channels');
    return mapValue(addArgmax(call.builder, call.site, map, reduce, axis - 1));
  };
}
