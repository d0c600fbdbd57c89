import { alignUp } from '../util/math.ts';
import { mulberry32 } from '../util/random.ts';
import { BUFFER_ALIGNMENT_BYTES, type Buffer } from './buffers.ts';
import { forbiddenDifferences, type OpenInterval } from './conflicts.ts';

/** Bounds of the search: orders tried, and buffers placed in all of them, which together take about a third of a second. */
const MAX_TRIES = 2000;
const MAX_PLACEMENTS = 100_000;
const SEED = 1;

/** Where each buffer starts, and where the last one ends. */
export interface Placement {
  readonly offsets: readonly number[];
  readonly endBytes: number;
}

/** What `other` forbids this buffer: offsets at which `offset − offset of other` lies in one of the intervals. */
interface Neighbour {
  readonly other: number;
  readonly forbidden: readonly OpenInterval[];
}

/**
 * Offsets of all buffers with the lowest end that a bounded, deterministic search finds. A buffer goes to the lowest offset
 * that those before it allow, so what is searched is the order: first a few orders that are good by experience, then
 * random moves of single buffers. It stops where no placement can be better: `liveBytes` are live at once, and ends count in
 * steps of `granularityBytes`.
 */
export function placeBuffers(
  buffers: readonly Buffer[],
  liveBytes: number,
  granularityBytes: number,
): Placement {
  const neighbours = findNeighbours(buffers);
  const goodBytes = alignUp(Math.max(liveBytes, pairFloorBytes(buffers, neighbours)), granularityBytes);
  const place = (order: readonly number[], limit: number): Placement | null =>
    placeInOrder(buffers, neighbours, order, limit);

  let best: { readonly order: readonly number[]; readonly placement: Placement } | null = null;
  for (const order of startingOrders(buffers)) {
    const placement = place(order, best === null ? Infinity : best.placement.endBytes - 1);
    if (placement !== null) best = { order, placement };
  }
  if (best === null) return { offsets: [], endBytes: 0 };

  const random = mulberry32(SEED);
  const tries = Math.min(MAX_TRIES, Math.floor(MAX_PLACEMENTS / buffers.length));
  for (let i = 0; i < tries && best.placement.endBytes > goodBytes; i++) {
    const order = moveOne(best.order, random);
    const placement = place(order, best.placement.endBytes);
    if (placement !== null) best = { order, placement };
  }
  return best.placement;
}

/** Whether no two buffers collide at these offsets. */
export function isFree(buffers: readonly Buffer[], offsets: readonly number[]): boolean {
  return findNeighbours(buffers).every((list, index) =>
    list.every(({ other, forbidden }) => {
      const difference = offsets[index]! - offsets[other]!;
      return !forbidden.some(({ above, below }) => above < difference && difference < below);
    }),
  );
}

function findNeighbours(buffers: readonly Buffer[]): readonly (readonly Neighbour[])[] {
  const neighbours: Neighbour[][] = buffers.map(() => []);
  for (let b = 0; b < buffers.length; b++) {
    for (let a = 0; a < b; a++) {
      const forbidden = forbiddenDifferences(buffers[a]!, a, buffers[b]!, b);
      if (forbidden.length === 0) continue;
      neighbours[b]!.push({ other: a, forbidden });
      neighbours[a]!.push({
        other: b,
        forbidden: forbidden.map((i) => ({ above: -i.below, below: -i.above })).reverse(),
      });
    }
  }
  return neighbours;
}

/** The end that some pair of buffers needs by itself. */
function pairFloorBytes(buffers: readonly Buffer[], neighbours: readonly (readonly Neighbour[])[]): number {
  let floorBytes = 0;
  neighbours.forEach((list, b) => {
    const bytes = buffers[b]!.bytes;
    for (const { other, forbidden } of list) {
      const span = (difference: number): number =>
        Math.max(buffers[other]!.bytes, difference + bytes) - Math.min(0, difference);
      const edges = forbidden.flatMap(({ above, below }) => [
        -alignUp(-above, BUFFER_ALIGNMENT_BYTES),
        alignUp(below, BUFFER_ALIGNMENT_BYTES),
      ]);
      const inside = [0, buffers[other]!.bytes - bytes];
      const allowed = [...edges, ...inside].filter(
        (edge) => !forbidden.some(({ above, below }) => above < edge && edge < below),
      );
      floorBytes = Math.max(floorBytes, Math.min(...allowed.map(span)));
    }
  });
  return floorBytes;
}

/** Null where the end exceeds `limit`. */
function placeInOrder(
  buffers: readonly Buffer[],
  neighbours: readonly (readonly Neighbour[])[],
  order: readonly number[],
  limit: number,
): Placement | null {
  const offsets = new Array<number>(buffers.length).fill(-1);
  let endBytes = 0;
  for (const index of order) {
    const { bytes } = buffers[index]!;
    const offset = lowestOffset(neighbours[index]!, offsets);
    if (offset + bytes > limit) return null;
    offsets[index] = offset;
    endBytes = Math.max(endBytes, offset + bytes);
  }
  return { offsets, endBytes };
}

/** The lowest aligned offset that the neighbours already placed (offset ≥ 0) allow. */
function lowestOffset(neighbours: readonly Neighbour[], offsets: readonly number[]): number {
  const taken: OpenInterval[] = [];
  for (const { other, forbidden } of neighbours) {
    const base = offsets[other]!;
    if (base < 0) continue;
    for (const { above, below } of forbidden) {
      if (base + below > 0) taken.push({ above: base + above, below: base + below });
    }
  }
  taken.sort((x, y) => x.above - y.above);
  let offset = 0;
  for (const { above, below } of taken) {
    if (above >= offset) break;
    if (offset < below) offset = alignUp(below, BUFFER_ALIGNMENT_BYTES);
  }
  return offset;
}

function startingOrders(buffers: readonly Buffer[]): readonly (readonly number[])[] {
  const all = buffers.map((_, index) => index);
  const by = (key: (buffer: Buffer) => number): readonly number[] =>
    [...all].sort((a, b) => key(buffers[a]!) - key(buffers[b]!) || a - b);
  return [
    by((buffer) => -buffer.bytes),
    by((buffer) => -buffer.bytes * (buffer.life.death - buffer.life.birth + 1)),
    by((buffer) => -buffer.life.death),
    by((buffer) => buffer.life.birth),
  ];
}

/** The order with one buffer put elsewhere. */
function moveOne(order: readonly number[], random: () => number): readonly number[] {
  const from = Math.floor(random() * order.length);
  const to = Math.floor(random() * order.length);
  return order.toSpliced(from, 1).toSpliced(to, 0, order[from]!);
}
