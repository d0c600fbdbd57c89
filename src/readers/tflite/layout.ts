import type { MapShape } from '../../ir/geometry.ts';

/** What an axis of a TFLite tensor means. */
export type Axis = 'n' | 'h' | 'w' | 'c';

/** Axes of a tensor of each rank, as they are meant when no operator moved them: the last is the channels, the first of several the batch. */
const CANONICAL_AXES: readonly (readonly Axis[])[] = [
  [],
  ['c'],
  ['n', 'c'],
  ['n', 'h', 'c'],
  ['n', 'h', 'w', 'c'],
];

/** The axes of a tensor of `rank` axes; null where a feature map cannot have as many. */
export function canonicalAxes(rank: number): readonly Axis[] | null {
  return CANONICAL_AXES[rank] ?? null;
}

export function sameAxes(a: readonly Axis[], b: readonly Axis[]): boolean {
  return a.length === b.length && a.every((axis, index) => axis === b[index]);
}

/** Whether a map of `shape` holds its values in the order of `axes`: what moved have extent 1. */
export function isInOrder(axes: readonly Axis[], shape: MapShape): boolean {
  const order = axes.filter((axis) => axis !== 'n' && shape[axis] > 1).map((axis) => 'hwc'.indexOf(axis));
  return order.every((position, index) => index === 0 || position > order[index - 1]!);
}

/** The feature map of a tensor whose axes mean `axes`; an axis that it lacks is 1. */
export function mapShapeOf(shape: readonly number[], axes: readonly Axis[]): MapShape {
  const extent = (axis: Axis): number => shape[axes.indexOf(axis)] ?? 1;
  return { h: extent('h'), w: extent('w'), c: extent('c') };
}

/** The shape of a tensor whose axes mean `axes`, of a feature map of `shape`: the other way round. */
export function shapeAlong(axes: readonly Axis[], shape: MapShape): readonly number[] {
  return axes.map((axis) => (axis === 'n' ? 1 : shape[axis]));
}

/** Index of the axis that a file calls `axis`, negative ones counted from the end; null where there is none. */
export function resolveAxis(axis: number, rank: number): number | null {
  const index = axis < 0 ? axis + rank : axis;
  return index >= 0 && index < rank ? index : null;
}

/** `[1, 96, 96, 3]` */
export function formatDimensions(shape: readonly number[]): string {
  return `[${shape.join(', ')}]`;
}

export function countElements(shape: readonly number[]): number {
  return shape.reduce((count, extent) => count * extent, 1);
}
