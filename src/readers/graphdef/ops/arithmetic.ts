import type { BinaryFunction } from '../../../ir/graph.ts';
import type { PointwiseFunction } from '../../../ir/pointwise.ts';
import { addBinary, addBinaryConstant, addDivision } from '../../build/binary.ts';
import type { MapValue } from '../../build/graph-builder.ts';
import { addPointwise, addSum } from '../../build/maps.ts';
import type { NodeCall } from '../node-call.ts';
import type { ConstantValue, Value } from '../value.ts';

/** An operation on two numbers. */
type Binary = (a: number, b: number) => number;

/** What swapping the operands makes of a function. */
const SWAPPED = {
  add: 'add',
  sub: 'reverse-sub',
  mul: 'mul',
  min: 'min',
  max: 'max',
} as const satisfies Partial<Record<BinaryFunction, BinaryFunction>>;

/** A function of two maps, of a map and a constant, or of two constants. */
export function convertBinary(fn: keyof typeof SWAPPED, fold: Binary): (call: NodeCall) => Value {
  return (call) => {
    const [a, b] = [call.input(0), call.input(1)];
    const { builder, site } = call;
    if (a.kind === 'map' && b.kind === 'map') return mapValue(addBinary(builder, site, fn, a.map, b.map));
    if (a.kind === 'map' && b.kind === 'constant')
      return mapValue(addBinaryConstant(builder, site, fn, a.map, b));
    if (a.kind === 'constant' && b.kind === 'map')
      return mapValue(addBinaryConstant(builder, site, SWAPPED[fn], b.map, a));
    return combine(call, fold);
  };
}

/** RealDiv: of constants, of a map by a constant, or of what there is by a map. */
export function convertDiv(call: NodeCall): Value {
  const [a, b] = [call.input(0), call.input(1)];
  const { builder, site } = call;
  if (a.kind === 'map' && b.kind === 'map') return mapValue(addDivision(builder, site, a.map, b.map));
  if (a.kind === 'map' && b.kind === 'constant') {
    const data = builder.allocate(site, b.data.length).map((_, i) => 1 / b.data[i]!);
    if (!data.every(Number.isFinite))
      call.unsupported('it divides by zero', 'check the constants of the model');
    return mapValue(addBinaryConstant(builder, site, 'mul', a.map, { shape: b.shape, data }));
  }
  if (a.kind === 'constant' && b.kind === 'map') {
    const inverse = addPointwise(builder, call.part('inverse'), b.map, { name: 'reciprocal' });
    return mapValue(addBinaryConstant(builder, site, 'mul', inverse, a));
  }
  return combine(call, (x, y) => x / y);
}

/** SquaredDifference of maps and constants. */
export function convertSquaredDifference(call: NodeCall): Value {
  const difference = convertBinary('sub', (x, y) => (x - y) ** 2)(call);
  if (difference.kind !== 'map') return difference;
  return mapValue(addPointwise(call.builder, call.part('square'), difference.map, { name: 'square' }));
}

/** Powers of a map that are functions known here, and of constants. */
const POWERS: ReadonlyMap<number, PointwiseFunction> = new Map<number, PointwiseFunction>([
  [2, { name: 'square' }],
  [0.5, { name: 'sqrt' }],
  [-0.5, { name: 'rsqrt' }],
  [-1, { name: 'reciprocal' }],
]);

/** Pow of constants, or of a map to one of a few constant powers. */
export function convertPow(call: NodeCall): Value {
  if (call.input(0).kind === 'constant') return combine(call, (x, y) => x ** y);
  const { data } = call.constant(1);
  const fn = data.length === 1 ? POWERS.get(data[0]!) : undefined;
  if (fn === undefined) {
    return call.unsupported('its power has no table', `use one of ${[...POWERS.keys()].join(', ')}`);
  }
  return mapValue(addPointwise(call.builder, call.site, call.map(0), fn));
}

/** AddN: the sum of any number of maps of one shape. */
export function convertAddN(call: NodeCall): Value {
  const maps = call.inputs.map((_, slot) => call.map(slot));
  return maps.length === 1 ? mapValue(maps[0]!) : mapValue(addSum(call.builder, call.site, maps));
}

/** A function of each value of a map, or of constants. */
export function convertUnary(fn: PointwiseFunction, f: (x: number) => number): (call: NodeCall) => Value {
  return (call) =>
    call.input(0).kind === 'map'
      ? mapValue(addPointwise(call.builder, call.site, call.map(0), fn))
      : foldUnary(f)(call);
}

/** Prelu of TensorFlow.js: slopes below zero that are one number, or one for each channel or value. */
export function convertPrelu(call: NodeCall): Value {
  const slopes = call.constant(1);
  return mapValue(addBinaryConstant(call.builder, call.site, 'prelu', call.map(0), slopes));
}

/** A function of constants, value by value. */
function foldUnary(f: (x: number) => number): (call: NodeCall) => Value {
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

/** Two constants as one, broadcast as NumPy does it. */
function combine(call: NodeCall, f: Binary): Value {
  const [a, b] = [call.input(0), call.input(1)];
  if (a.kind !== 'constant' || b.kind !== 'constant') {
    return call.unsupported('it combines maps', 'make its operands maps or constants of the model');
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
