import type { MapShape, Range, SlidingWindow } from '../../../ir/geometry.ts';
import { tensorOf, windowOf, type Graph, type Node, type TensorId } from '../../../ir/graph.ts';
import { clamp } from '../../../util/math.ts';
import type { Block } from './find-blocks.ts';

/** A part of a map, all channels of it. */
export interface Tile {
  readonly rows: Range;
  readonly columns: Range;
}

export function wholeTile({ h, w }: MapShape): Tile {
  return { rows: { from: 0, to: h }, columns: { from: 0, to: w } };
}

export function tileSize({ rows, columns }: Tile): number {
  return (rows.to - rows.from) * (columns.to - columns.from);
}

export function sameTile(a: Tile, b: Tile): boolean {
  return (
    a.rows.from === b.rows.from &&
    a.rows.to === b.rows.to &&
    a.columns.from === b.columns.from &&
    a.columns.to === b.columns.to
  );
}

/** The tiles of all maps of a block that a tile of its output is computed from. */
export function tilesFor(graph: Graph, block: Block, output: Tile): Map<TensorId, Tile> {
  const tiles = new Map<TensorId, Tile>([[block.output, output]]);
  for (const node of block.nodes.toReversed()) {
    const own = tiles.get(node.output)!;
    for (const input of node.inputs) {
      const read = tileRead(node, tensorOf(graph, input).shape, own);
      const known = tiles.get(input);
      tiles.set(input, known === undefined ? read : unionOf(known, read));
    }
  }
  return tiles;
}

function tileRead(node: Node, input: MapShape, tile: Tile): Tile {
  if (node.kind === 'add') return tile;
  const window = windowOf(node);
  if (window === null) return wholeTile(input);
  return {
    rows: rangeRead(window, 'h', tile.rows, input.h),
    columns: rangeRead(window, 'w', tile.columns, input.w),
  };
}

function rangeRead(window: SlidingWindow, axis: 'h' | 'w', { from, to }: Range, extent: number): Range {
  const { kernel, stride, dilation, padding } = window;
  const before = axis === 'h' ? padding.top : padding.left;
  const first = from * stride[axis] - before;
  const last = (to - 1) * stride[axis] - before + (kernel[axis] - 1) * dilation[axis];
  return { from: clamp(first, 0, extent - 1), to: clamp(last + 1, 1, extent) };
}

function unionOf(a: Tile, b: Tile): Tile {
  const union = (p: Range, q: Range): Range => ({ from: Math.min(p.from, q.from), to: Math.max(p.to, q.to) });
  return { rows: union(a.rows, b.rows), columns: union(a.columns, b.columns) };
}
