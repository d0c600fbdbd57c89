import { NO_CLAMP } from '../../ir/graph.ts';
import { MAX_CHOICES } from '../../ir/index-map.ts';
import { upTo } from '../../ir/rearrangement.ts';
import { tooManyChoices } from '../refusals.ts';
import type { NodeBuilder, MapValue, Site } from './graph-builder.ts';
import { addBinary } from './binary.ts';
import { addConv, addScale } from './layers.ts';
import { addGlobalPool, addLimits, addPointwise, addPool, addReshape } from './maps.ts';
import { addTranspose } from './places.ts';
import { NO_PADDING, POINT, UNIT } from './sliding.ts';

export type Reduction = 'mean' | 'sum' | 'max' | 'min';

/**
 * A mean, sum, maximum or minimum over the axes of a map (behind the batch) that `over` holds. What becomes of them is an axis
 * of extent 1, or nothing.
 */
export function addReduction(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  reduction: Reduction,
  over: ReadonlySet<number>,
  keepsAxes: boolean,
): MapValue {
  const rank = input.extents.length;
  const kept = input.extents.map((extent, axis) => (over.has(axis) ? 1 : extent));
  const extents = keepsAxes ? kept : kept.filter((_, axis) => !over.has(axis));
  if (over.size === 0 || extents.length === 0) {
    return builder.unsupported(
      site,
      over.size === 0 ? 'it runs over the batch' : 'nothing but one number is left',
      'reduce over rows, columns or channels, and keep the dimensions',
    );
  }
  const part = (name: string): Site => ({ ...site, name: `${site.name}/${name}` });
  if (reduction === 'min') {
    const negated = addPointwise(builder, part('negated'), input, { name: 'neg' });
    const most = addReduction(builder, part('most'), negated, 'max', over, keepsAxes);
    return addPointwise(builder, site, most, { name: 'neg' });
  }
  const spatial = new Set([...over].filter((axis) => axis < rank - 1));
  const inSpace = spatial.size === 0 ? input : addSpatial(builder, site, input, reduction, spatial);
  const reduced = over.has(rank - 1)
    ? addOverChannels(builder, part('channels'), inSpace, reduction)
    : inSpace;
  return addReshape(builder, part('kept'), reduced, extents);
}

/** Over rows, columns or both, which stay as axes of extent 1. */
function addSpatial(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  reduction: Exclude<Reduction, 'min'>,
  over: ReadonlySet<number>,
): MapValue {
  const { h, w, c } = input.tensor.shape;
  const kernel = { h: over.has(0) ? h : 1, w: over.has(1) ? w : 1 };
  const sliding = { stride: UNIT, dilation: UNIT, padding: NO_PADDING };
  if (reduction === 'max') return addPool(builder, site, input, 'max', kernel, sliding);
  const isWhole = kernel.h === h && kernel.w === w;
  const mean = isWhole
    ? addGlobalPool(builder, site, input, 'average', true)
    : addPool(builder, site, input, 'average', kernel, sliding);
  if (reduction === 'mean') return mean;
  const count = builder.allocate(site, c).fill(kernel.h * kernel.w);
  return addScale(builder, { ...site, name: `${site.name}/sum` }, mean, count, null);
}

/** Over the channels: a sum is a convolution whose weights are all one number. */
function addOverChannels(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  reduction: Exclude<Reduction, 'min'>,
): MapValue {
  const { c } = input.tensor.shape;
  if (reduction !== 'max') {
    const weight = reduction === 'sum' ? 1 : 1 / c;
    const kernel = { shape: [1, 1, c, 1], data: builder.allocate(site, c).fill(weight) };
    return addConv(builder, site, input, kernel, null, { ...POINT, padding: 'valid' });
  }
  // The channels become rows, and the pixels columns.
  const pixels = input.tensor.shape.h * input.tensor.shape.w;
  const list = addReshape(builder, { ...site, name: `${site.name}/pixels` }, input, [1, pixels, c]);
  const turned = addTranspose(builder, { ...site, name: `${site.name}/turned` }, list, [2, 1, 0]);
  const window = { kernel: { h: c, w: 1 }, stride: UNIT, dilation: UNIT, padding: NO_PADDING };
  const most = builder.emit(site, [turned], { kind: 'pool', reduce: 'max', window, clamp: NO_CLAMP }, [
    1,
    pixels,
    1,
  ]);
  return addReshape(builder, { ...site, name: `${site.name}/map` }, most, input.extents.with(-1, 1));
}

/**
 * The index of the largest or smallest value along the axis `axis` behind the batch, the first of equals; the axis goes. Stops
 * with QM202 where an index would not fit into a byte.
 */
export function addArgmax(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  reduce: 'max' | 'min',
  axis: number,
): MapValue {
  const part = (name: string): Site => ({ ...site, name: `${site.name}/${name}` });
  const rank = input.extents.length;
  const choices = input.extents[axis];
  if (choices === undefined) return builder.damaged(site, `axis ${axis + 1} of ${rank + 1}`);
  if (choices > MAX_CHOICES) {
    const { reason, hint } = tooManyChoices(choices);
    return builder.unsupported(site, reason, hint);
  }
  const others = upTo(rank).filter((other) => other !== axis);
  const turned = axis === rank - 1 ? input : addTranspose(builder, part('turned'), input, [...others, axis]);
  const kept = others.map((other) => input.extents[other]!);
  const indices = builder.emit(part('indices'), [turned], { kind: 'argmax', reduce }, [...kept, 1]);
  return addReshape(builder, site, indices, kept.length === 0 ? [1] : kept);
}

/** The channels of each pixel over the root of their sum of squares, of which `least` is the least. */
export function addL2Normalization(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  least: number,
): MapValue {
  const part = (name: string): Site => ({ ...site, name: `${site.name}/${name}` });
  const squares = addPointwise(builder, part('squares'), input, { name: 'square' });
  const sum = addOverChannels(builder, part('sum'), squares, 'sum');
  const bounded = addLimits(builder, part('least'), sum, { min: least, max: Infinity });
  const inverse = addPointwise(builder, part('inverse'), bounded, { name: 'rsqrt' });
  return addBinary(builder, site, 'mul', input, inverse);
}
