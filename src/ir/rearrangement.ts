import type { MapShape, Range } from './geometry.ts';

/** A place in a map, or what one axis adds to it. */
export interface Place {
  readonly y: number;
  readonly x: number;
  readonly c: number;
}

/**
 * Where each value of a map is taken from: output (y, x, c) is the input value at rows[y] + columns[x] + channels[c], added
 * coordinate by coordinate. Slices, gathers, mirrored borders, nearest neighbours, transposes and the moves between space and
 * depth are all of this form.
 */
export interface Rearrangement {
  readonly rows: readonly Place[];
  readonly columns: readonly Place[];
  readonly channels: readonly Place[];
}

export type MapAxis = 'h' | 'w' | 'c';

const COORDINATE = { h: 'y', w: 'x', c: 'c' } as const;
const STEPS = { h: 'rows', w: 'columns', c: 'channels' } as const;
const NOWHERE: Place = { y: 0, x: 0, c: 0 };

/** The indices 0 … extent − 1. */
export function upTo(extent: number): number[] {
  return Array.from({ length: extent }, (_, index) => index);
}

/** Takes of each axis the indices given, in their order; all of an axis that is left out. */
export function picking(
  shape: MapShape,
  indices: { readonly [A in MapAxis]?: readonly number[] },
): Rearrangement {
  const along = (axis: MapAxis): readonly Place[] =>
    (indices[axis] ?? upTo(shape[axis])).map((index) => ({ ...NOWHERE, [COORDINATE[axis]]: index }));
  return { rows: along('h'), columns: along('w'), channels: along('c') };
}

/** Output axis h runs along input axis `order[0]`, w along `order[1]` and c along `order[2]`. */
export function transposing(shape: MapShape, order: readonly [MapAxis, MapAxis, MapAxis]): Rearrangement {
  const along = (axis: MapAxis): readonly Place[] =>
    upTo(shape[axis]).map((index) => ({ ...NOWHERE, [COORDINATE[axis]]: index }));
  return { rows: along(order[0]), columns: along(order[1]), channels: along(order[2]) };
}

/** TensorFlow's DepthToSpace: channel (dy · block + dx) · C + c of a pixel becomes channel c of pixel (dy, dx) of its block. */
export function depthToSpace({ h, w, c }: MapShape, block: number): Rearrangement {
  const channels = c / (block * block);
  const part = (index: number): number => index % block;
  const whole = (index: number): number => Math.floor(index / block);
  return {
    rows: upTo(h * block).map((y) => ({ y: whole(y), x: 0, c: part(y) * block * channels })),
    columns: upTo(w * block).map((x) => ({ y: 0, x: whole(x), c: part(x) * channels })),
    channels: upTo(channels).map((channel) => ({ y: 0, x: 0, c: channel })),
  };
}

/** TensorFlow's SpaceToDepth, the inverse of `depthToSpace`; `block` divides the rows and columns. */
export function spaceToDepth({ h, w, c }: MapShape, block: number): Rearrangement {
  return {
    rows: upTo(h / block).map((y) => ({ y: y * block, x: 0, c: 0 })),
    columns: upTo(w / block).map((x) => ({ y: 0, x: x * block, c: 0 })),
    channels: upTo(block * block * c).map((index) => {
      const cell = Math.floor(index / c);
      return { y: Math.floor(cell / block), x: cell % block, c: index % c };
    }),
  };
}

/** Rows, columns and channels of what a rearrangement makes. */
export function rearrangedShape({ rows, columns, channels }: Rearrangement): MapShape {
  return { h: rows.length, w: columns.length, c: channels.length };
}

/** Whether each step of an axis leads to its own index along that axis and nowhere else. */
export function keepsAxis(rearrangement: Rearrangement, axis: MapAxis): boolean {
  const own = COORDINATE[axis];
  return rearrangement[STEPS[axis]].every((place, index) =>
    (['y', 'x', 'c'] as const).every((name) => place[name] === (name === own ? index : 0)),
  );
}

/** Whether every value stays in its channel. */
export function keepsChannels(rearrangement: Rearrangement): boolean {
  const { rows, columns } = rearrangement;
  return keepsAxis(rearrangement, 'c') && [...rows, ...columns].every(({ c }) => c === 0);
}

/** Whether a rearrangement of a map of `shape` changes nothing. */
export function isIdentityOn(rearrangement: Rearrangement, shape: MapShape): boolean {
  const made = rearrangedShape(rearrangement);
  return (['h', 'w', 'c'] as const).every(
    (axis) => made[axis] === shape[axis] && keepsAxis(rearrangement, axis),
  );
}

/** Whether two rearrangements take every value from the same place. */
export function sameRearrangement(a: Rearrangement, b: Rearrangement): boolean {
  return (['rows', 'columns', 'channels'] as const).every(
    (steps) =>
      a[steps].length === b[steps].length &&
      a[steps].every((place, index) =>
        (['y', 'x', 'c'] as const).every((name) => place[name] === b[steps][index]![name]),
      ),
  );
}

/** Whether every value is taken from within a map of `shape`. */
export function staysWithin(rearrangement: Rearrangement, shape: MapShape): boolean {
  return (['h', 'w', 'c'] as const).every((axis) => {
    const { from, to } = readsAlong(rearrangement, axis, null);
    return from >= 0 && to <= shape[axis];
  });
}

/**
 * The stretch of input axis `axis` that is read for the part `within` of the output's own axis of that name, for all of the
 * other axes; null: for all of the output. Indices between two that are read count as read.
 */
export function readsAlong(rearrangement: Rearrangement, axis: MapAxis, within: Range | null): Range {
  const name = COORDINATE[axis];
  let [from, to] = [0, 1];
  for (const other of ['h', 'w', 'c'] as const) {
    const steps = rearrangement[STEPS[other]];
    const [first, end] = within !== null && other === axis ? [within.from, within.to] : [0, steps.length];
    let [least, most] = [Infinity, -Infinity];
    for (let index = first; index < end; index++) {
      least = Math.min(least, steps[index]![name]);
      most = Math.max(most, steps[index]![name]);
    }
    from += least;
    to += most;
  }
  return { from, to };
}

/** Rearranging by `first` and then by `second`, where the second picks along single axes only (`picking`). */
export function thenPicking(first: Rearrangement, second: Rearrangement): Rearrangement {
  return {
    rows: second.rows.map(({ y }) => first.rows[y]!),
    columns: second.columns.map(({ x }) => first.columns[x]!),
    channels: second.channels.map(({ c }) => first.channels[c]!),
  };
}
