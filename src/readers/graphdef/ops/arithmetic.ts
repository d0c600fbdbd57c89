import { addScale } from '../../build/layers.ts';
import { addLimits, addSum } from '../../build/maps.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import type { NodeCall } from '../node-call.ts';
import type { ConstantValue, Value } from '../value.ts';

/** An operation on two numbers. */
type Binary = (a: number, b: number) => number;

/** Add, AddV2: of constants, of a map and one number for each channel, or of two maps. */
export function convertAdd(call: NodeCall): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind === 'map' && b.kind === 'map') return mapValue(addSum(call.builder, call.site, [a.map, b.map]));
  if (a.kind === 'map' && b.kind === 'constant') return shift(call, a.map, b, 1);
  if (a.kind === 'constant' && b.kind === 'map') return shift(call, b.map, a, 1);
  return combine(call, (x, y) => x + y);
}

/** Sub: of constants, or of a map and one number for each channel. */
export function convertSub(call: NodeCall): Value {
  const [a, b] = [call.input(0), call.input(1)];
  return a.kind === 'map' && b.kind === 'constant'
    ? shift(call, a.map, b, -1)
    : combine(call, (x, y) => x - y);
}

/** Mul: of constants, or of a map and one number for each channel. */
export function convertMul(call: NodeCall): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind === 'map' && b.kind === 'constant') return scale(call, a.map, b, (value) => value);
  if (a.kind === 'constant' && b.kind === 'map') return scale(call, b.map, a, (value) => value);
  return combine(call, (x, y) => x * y);
}

/** RealDiv: of constants, or of a map by one number for each channel. */
export function convertDiv(call: NodeCall): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind === 'map' && b.kind === 'constant') return scale(call, a.map, b, (value) => 1 / value);
  return combine(call, (x, y) => x / y);
}

/** Minimum and Maximum: of constants, or of a map and one number. */
export function convertLimit(side: 'min' | 'max'): (call: NodeCall) => Value {
  return (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    const [map, limit] = a.kind === 'map' ? [a, b] : [b, a];
    if (map.kind !== 'map') return combine(call, side === 'min' ? Math.max : Math.min);
    if (limit.kind !== 'constant' || limit.data.length !== 1) {
      return call.unsupported('it compares two maps', 'compare a map with one number');
    }
    const clamp = { min: -Infinity, max: Infinity, [side]: limit.data[0] ?? 0 };
    return mapValue(addLimits(call.builder, call.site, map.map, clamp));
  };
}

/** A function of constants, value by value. */
export function foldUnary(f: (x: number) => number): (call: NodeCall) => Value {
  return (call) => {
    const { type, shape, data } = call.constant(0);
    return {
      kind: 'constant',
      type,
      shape,
      data: call.builder.allocate(call.site, data.length).map((_, i) => f(data[i]!)),
    };
  };
}

/** One number for each channel of `map` from a constant that broadcasts over its other axes. */
export function perChannel(call: NodeCall, map: MapValue, { shape, data }: ConstantValue): Float32Array {
  const channels = map.tensor.shape.c;
  const along = shape.at(-1) ?? 1;
  if (data.length !== along || (along !== channels && along !== 1)) {
    call.unsupported(
      `its constant has the shape [${shape.join(', ')}]`,
      'use one number, or one for each channel',
    );
  }
  return call.builder.allocate(call.site, channels).map((_, c) => data[along === 1 ? 0 : c]!);
}

export function mapValue(map: MapValue): Value {
  return { kind: 'map', map };
}

function shift(call: NodeCall, map: MapValue, constant: ConstantValue, sign: number): Value {
  const offset = perChannel(call, map, constant).map((value) => sign * value);
  const ones = call.builder.allocate(call.site, offset.length).fill(1);
  return mapValue(addScale(call.builder, call.site, map, ones, offset));
}

function scale(call: NodeCall, map: MapValue, constant: ConstantValue, f: (value: number) => number): Value {
  const factor = perChannel(call, map, constant).map(f);
  if (!factor.every(Number.isFinite))
    call.unsupported('it divides by zero', 'check the constants of the model');
  return mapValue(addScale(call.builder, call.site, map, factor, null));
}

/** Two constants as one, broadcast as NumPy does it. */
function combine(call: NodeCall, f: Binary): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind !== 'constant' || b.kind !== 'constant') {
    return call.unsupported(
      'it combines maps',
      'only sums of maps are supported; constants go into the neighbouring layers',
    );
  }
  const rank = Math.max(a.shape.length, b.shape.length);
  const extents = (shape: readonly number[]): readonly number[] => [
    ...Array<number>(rank - shape.length).fill(1),
    ...shape,
  ];
  const [as, bs] = [extents(a.shape), extents(b.shape)];
  const shape = as.map((extent, axis) => (extent === 1 ? bs[axis]! : extent));
  if (shape.some((extent, axis) => bs[axis] !== 1 && bs[axis] !== extent)) {
    call.damaged(`shapes [${a.shape.join(', ')}] and [${b.shape.join(', ')}] do not fit`);
  }
  const count = shape.reduce((product, extent) => product * extent, 1);
  const data = call.builder.allocate(call.site, count);
  for (let index = 0; index < count; index++) {
    data[index] = f(a.data[sourceIndex(index, shape, as)]!, b.data[sourceIndex(index, shape, bs)]!);
  }
  return { kind: 'constant', type: a.type, shape, data };
}

/** Where value `index` of a tensor of `shape` comes from in one of `extents`, whose axes of 1 are repeated. */
function sourceIndex(index: number, shape: readonly number[], extents: readonly number[]): number {
  let source = 0;
  let step = 1;
  let rest = index;
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    const extent = shape[axis]!;
    if (extents[axis] !== 1) source += step * (rest % extent);
    step *= extents[axis]!;
    rest = Math.floor(rest / extent);
  }
  return source;
}
