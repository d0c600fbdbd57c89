import { nearestAlong, type ResizeGrid } from '../../ir/bilinear.ts';
import type { Extent } from '../../ir/geometry.ts';
import {
  depthToSpace,
  picking,
  rearrangedShape,
  spaceToDepth,
  transposing,
  upTo,
  type MapAxis,
  type Rearrangement,
} from '../../ir/rearrangement.ts';
import { MAX_EXTENT, uncountable } from '../refusals.ts';
import { extentsOf, type NodeBuilder, type MapValue, type Site } from './graph-builder.ts';

/** What the axes of a map of `rank` axes behind the batch are. */
export function axesOf(rank: number): readonly MapAxis[] {
  const spatial: readonly MapAxis[] = ['h', 'w'];
  return [...spatial.slice(0, rank - 1), 'c'];
}

/** Stops with QM202 where a table of places would have more entries along an axis than the runtime can count. */
export function requireCountable(builder: NodeBuilder, site: Site, extents: readonly number[]): void {
  const beyond = extents.find((extent) => extent > MAX_EXTENT);
  if (beyond === undefined) return;
  const { reason, hint } = uncountable(beyond);
  builder.unsupported(site, reason, hint);
}

/** Takes `indices[axis]` along each axis behind the batch; all of it where that is null. Stops where nothing, or too much, is taken. */
export function addPicking(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  indices: readonly (readonly number[] | null)[],
): MapValue {
  requireCountable(builder, site, input.extents);
  input.extents.forEach((extent, axis) => {
    const picked = indices[axis];
    if (picked?.length === 0) builder.damaged(site, 'nothing is left of its input');
    const beyond = picked?.find((index) => !Number.isInteger(index) || index < 0 || index >= extent);
    if (beyond !== undefined) builder.damaged(site, `it takes value ${beyond} of ${extent}`);
  });
  const along = Object.fromEntries(
    axesOf(input.extents.length).map((name, axis) => [name, indices[axis] ?? upTo(input.extents[axis]!)]),
  ) as { readonly [A in MapAxis]?: readonly number[] };
  return addRearranged(builder, site, input, picking(input.tensor.shape, along));
}

/** Axis `axis` of the output runs along axis `order[axis]` of the input; the batch apart. */
export function addTranspose(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  order: readonly number[],
): MapValue {
  requireCountable(builder, site, input.extents);
  const rank = input.extents.length;
  if (order.length !== rank || [...order].sort().join() !== upTo(rank).join()) {
    builder.damaged(site, 'its order of axes is not a permutation');
  }
  const names = axesOf(rank);
  const along = { h: 'h', w: 'w', c: 'c' } as Record<MapAxis, MapAxis>;
  names.forEach((name, axis) => {
    along[name] = names[order[axis]!]!;
  });
  return addRearranged(builder, site, input, transposing(input.tensor.shape, [along.h, along.w, along.c]));
}

/** DepthToSpace and SpaceToDepth of TensorFlow. */
export function addBlocks(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  into: 'depth' | 'space',
  block: number,
): MapValue {
  requireCountable(builder, site, input.extents);
  const { h, w, c } = input.tensor.shape;
  const isWhole = into === 'space' ? c % (block * block) === 0 : h % block === 0 && w % block === 0;
  if (!Number.isInteger(block) || block < 1 || !isWhole || input.extents.length !== 3) {
    builder.damaged(site, `blocks of ${block} do not divide its input`);
  }
  requireCountable(builder, site, [h * block, w * block, c * (into === 'depth' ? block * block : 1)]);
  const source = into === 'space' ? depthToSpace : spaceToDepth;
  return addRearranged(builder, site, input, source(input.tensor.shape, block));
}

/** A map resized to other rows and columns. */
export function addResize(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  target: Extent,
  way: 'nearest' | 'bilinear',
  grid: ResizeGrid,
): MapValue {
  const { shape } = input.tensor;
  const { h, w } = target;
  const size = (extent: number): boolean => Number.isInteger(extent) && extent >= 1;
  if (!size(h) || !size(w)) builder.damaged(site, `it resizes to ${h}x${w}`);
  requireCountable(builder, site, [h, w, shape.c]);
  if (way === 'bilinear') {
    const extents = extentsOf({ h, w, c: shape.c }, input.extents.length);
    return builder.emit(site, [input], { kind: 'resize', grid }, extents);
  }
  const source = picking(shape, { h: nearestAlong(shape.h, h, grid), w: nearestAlong(shape.w, w, grid) });
  return addRearranged(builder, site, input, source);
}

/** The values of a map in other places, under as many axes as before. */
export function addRearranged(
  builder: NodeBuilder,
  site: Site,
  input: MapValue,
  source: Rearrangement,
): MapValue {
  const extents = extentsOf(rearrangedShape(source), input.extents.length);
  return builder.emit(site, [input], { kind: 'rearrange', source }, extents);
}
