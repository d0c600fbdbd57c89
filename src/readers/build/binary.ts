import { broadcastShape } from '../../ir/broadcast.ts';
import { sameShape } from '../../ir/geometry.ts';
import { NO_CLAMP, type BinaryFunction } from '../../ir/graph.ts';
import { mapShapeOf, type NodeBuilder, type MapValue, type Site } from './graph-builder.ts';
import { addScale, type Weights } from './layers.ts';
import { addLimits, addPointwise, addReshape } from './maps.ts';

/** A function of two maps, value by value; the axes are aligned at their ends and those of extent 1 repeated, as NumPy does. */
export function addBinary(
  builder: NodeBuilder,
  site: Site,
  fn: BinaryFunction,
  first: MapValue,
  second: MapValue,
): MapValue {
  const rank = Math.max(first.extents.length, second.extents.length);
  const [a, b] = [withRank(builder, site, first, rank), withRank(builder, site, second, rank)];
  const shape = broadcastShape(a.tensor.shape, b.tensor.shape);
  if (shape === null) {
    return builder.unsupported(
      site,
      'its inputs differ in shape',
      'combine maps of one shape, or of extents that are 1 where they differ',
    );
  }
  const extents = a.extents.map((extent, axis) => Math.max(extent, b.extents[axis]!));
  return fn === 'add' && sameShape(a.tensor.shape, b.tensor.shape)
    ? builder.emit(site, [a, b], { kind: 'add', clamp: NO_CLAMP }, extents)
    : builder.emit(site, [a, b], { kind: 'binary', fn, constant: null, clamp: NO_CLAMP }, extents);
}

/** A function of a map and a constant, whose axes (the batch among them) are aligned at their ends as NumPy does. */
export function addBinaryConstant(
  builder: NodeBuilder,
  site: Site,
  fn: BinaryFunction,
  map: MapValue,
  constant: Weights,
): MapValue {
  const perChannel = channelValues(builder, site, map, constant);
  const simple = perChannel && addSimple(builder, site, fn, map, perChannel);
  if (simple) return simple;
  const significant = constant.shape.slice(constant.shape.findIndex((extent) => extent !== 1));
  const own = constant.data.length === 1 ? [] : significant;
  const rank = Math.max(map.extents.length, own.length);
  if (own.length > 3) return refuseConstant(builder, site, constant);
  const a = withRank(builder, site, map, rank);
  const operand = [...Array<number>(rank - own.length).fill(1), ...own];
  const { h, w, c } = mapShapeOf(operand);
  if (broadcastShape(a.tensor.shape, { h, w, c }) === null) return refuseConstant(builder, site, constant);
  const extents = a.extents.map((extent, axis) => Math.max(extent, operand[axis]!));
  const float = { kind: 'float', shape: [h, w, c], data: constant.data } as const;
  return builder.emit(site, [a], { kind: 'binary', fn, constant: float, clamp: NO_CLAMP }, extents);
}

/** One map divided by another. */
export function addDivision(builder: NodeBuilder, site: Site, a: MapValue, b: MapValue): MapValue {
  const inverse = addPointwise(builder, { ...site, name: `${site.name}/inverse` }, b, { name: 'reciprocal' });
  return addBinary(builder, site, 'mul', a, inverse);
}

/** What needs no binary node: a factor and an offset for each channel, which layers take in, or the same limit for all. */
function addSimple(
  builder: NodeBuilder,
  site: Site,
  fn: BinaryFunction,
  map: MapValue,
  values: Float32Array,
): MapValue | null {
  const filled = (value: number): Float32Array => builder.allocate(site, values.length).fill(value);
  const isOne = values.every((value) => value === values[0]);
  switch (fn) {
    case 'add':
      return addScale(builder, site, map, filled(1), values);
    case 'sub':
      return addScale(
        builder,
        site,
        map,
        filled(1),
        values.map((value) => -value),
      );
    case 'reverse-sub':
      return addScale(builder, site, map, filled(-1), values);
    case 'mul':
      return addScale(builder, site, map, values, null);
    case 'min':
      return isOne ? addLimits(builder, site, map, { min: -Infinity, max: values[0]! }) : null;
    case 'max':
      return isOne ? addLimits(builder, site, map, { min: values[0]!, max: Infinity }) : null;
    case 'prelu':
      return isOne ? addPointwise(builder, site, map, { name: 'leaky-relu', slope: values[0]! }) : null;
  }
}

/** One value for each channel of `map` where that is all that a constant is; null where it also differs along rows or columns. */
function channelValues(
  builder: NodeBuilder,
  site: Site,
  map: MapValue,
  { shape, data }: Weights,
): Float32Array | null {
  const channels = map.tensor.shape.c;
  const along = shape.at(-1) ?? 1;
  if (data.length !== along || (along !== channels && along !== 1)) return null;
  return builder.allocate(site, channels).map((_, c) => data[along === 1 ? 0 : c]!);
}

/** A map with axes of extent 1 put before its own, so that it has `rank`. */
function withRank(builder: NodeBuilder, site: Site, map: MapValue, rank: number): MapValue {
  const extents = [...Array<number>(rank - map.extents.length).fill(1), ...map.extents];
  if (sameShape(mapShapeOf(extents), map.tensor.shape)) return { tensor: map.tensor, extents };
  return addReshape(builder, { ...site, name: `${site.name}/aligned` }, map, extents);
}

function refuseConstant(builder: NodeBuilder, site: Site, { shape }: Weights): never {
  return builder.unsupported(
    site,
    `its constant has the shape [${shape.join(', ')}]`,
    'use one number, one for each channel, or one for each value of the map',
  );
}
