import { elementCount, sameShape, slidingOutputShape, type Extent, type Padding } from '../../ir/geometry.ts';
import { NO_CLAMP, type Clamp } from '../../ir/graph.ts';
import type { PointwiseFunction } from '../../ir/pointwise.ts';
import { extentsOf, type NodeBuilder, type MapValue, type Site } from './graph-builder.ts';
import { addScale } from './layers.ts';
import { NO_PADDING, UNIT, windowOver, type Sliding } from './sliding.ts';

/** Average or maximum over a window; padding never counts. */
export function addPool(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  reduce: 'average' | 'max',
  kernel: Extent,
  sliding: Sliding,
): MapValue {
  const { shape } = input.tensor;
  const window = windowOver(builder, site, shape, kernel, sliding);
  const extents = extentsOf(slidingOutputShape(shape, window, shape.c), input.extents.length);
  return builder.emit(site, [input], { kind: 'pool', reduce, window, clamp: NO_CLAMP }, extents);
}

/** Average or maximum over all rows and columns, which stay as axes of extent 1 or go. */
export function addGlobalPool(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  reduce: 'average' | 'max',
  keepsAxes: boolean,
): MapValue {
  const { h, w, c } = input.tensor.shape;
  const extents = keepsAxes ? extentsOf({ h: 1, w: 1, c }, input.extents.length) : [c];
  if (reduce === 'average') return builder.emit(site, [input], { kind: 'mean' }, extents);
  const window = { kernel: { h, w }, stride: UNIT, dilation: UNIT, padding: NO_PADDING };
  return builder.emit(site, [input], { kind: 'pool', reduce, window, clamp: NO_CLAMP }, extents);
}

/** Sum of two or more maps of one shape. */
export function addSum(builder: NodeBuilder, site: Site, inputs: readonly MapValue[]): MapValue {
  const [first, ...others] = inputs;
  if (first === undefined || others.length === 0) return builder.damaged(site, 'there is nothing to add');
  return others.reduce((total, other) => {
    if (!sameShape(total.tensor.shape, other.tensor.shape)) {
      builder.unsupported(
        site,
        'its inputs differ in shape',
        'add maps of one shape; a constant belongs into a bias',
      );
    }
    return builder.emit(site, [total, other], { kind: 'add', clamp: NO_CLAMP }, total.extents);
  }, first);
}

/** Maps one after the other along the axis with index `axis` of their extents. */
export function addConcat(
  builder: NodeBuilder,
  site: Site,
  inputs: readonly MapValue[],
  axis: number,
): MapValue {
  const [first] = inputs;
  const rank = first?.extents.length ?? 0;
  const name = axis === rank - 1 ? 'c' : (['h', 'w'] as const)[axis];
  if (first === undefined || name === undefined || axis >= rank) {
    return builder.damaged(site, `it joins ${inputs.length} maps along axis ${axis + 1}`);
  }
  const others = (extents: readonly number[]): string => extents.with(axis, 0).join();
  if (inputs.some(({ extents }) => extents.length !== rank || others(extents) !== others(first.extents))) {
    builder.damaged(site, 'its inputs differ in more than the axis they are joined along');
  }
  const total = inputs.reduce((extent, { extents }) => extent + extents[axis]!, 0);
  return builder.emit(site, inputs, { kind: 'concat', axis: name }, first.extents.with(axis, total));
}

/** Rows and columns of one value around a map. */
export function addPad(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  padding: Padding,
  value = 0,
): MapValue {
  const { shape } = input.tensor;
  if (!Object.values(padding).every((amount: number) => Number.isSafeInteger(amount) && amount >= 0)) {
    builder.unsupported(site, 'it pads by less than nothing', 'crop the map in a layer of its own');
  }
  const padded = {
    h: shape.h + padding.top + padding.bottom,
    w: shape.w + padding.left + padding.right,
    c: shape.c,
  };
  return builder.emit(
    site,
    [input],
    { kind: 'pad', padding, value },
    extentsOf(padded, input.extents.length),
  );
}

/** The same values under other extents, of which one may be −1: whatever is left. */
export function addReshape(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  target: readonly number[],
): MapValue {
  const count = elementCount(input.tensor.shape);
  const known = target.filter((extent) => extent !== -1).reduce((product, extent) => product * extent, 1);
  const extents = target.map((extent) => (extent === -1 ? count / known : extent));
  if (extents.reduce((product, extent) => product * extent, 1) !== count) {
    builder.damaged(site, `${count} values do not go into the shape [1, ${target.join(', ')}]`);
  }
  return builder.emit(site, [input], { kind: 'reshape' }, extents);
}

/** exp(x) over its sum along the channels. */
export function addSoftmax(builder: NodeBuilder, site: Site, input: MapValue): MapValue {
  return builder.emit(site, [input], { kind: 'softmax', beta: 1 }, input.extents);
}

/** A function of each value. */
export function addPointwise(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  fn: PointwiseFunction,
): MapValue {
  return builder.emit(site, [input], { kind: 'pointwise', fn }, input.extents);
}

/** Values limited to a range. */
export function addLimits(builder: NodeBuilder, site: Site, input: MapValue, limits: Clamp): MapValue {
  if (limits.min === 0 && limits.max === Infinity)
    return addPointwise(builder, site, input, { name: 'relu' });
  if (limits.min === 0 && limits.max === 6) return addPointwise(builder, site, input, { name: 'relu6' });
  const ones = builder.allocate(site, input.tensor.shape.c).fill(1);
  return addScale(builder, site, input, ones, null, limits);
}
