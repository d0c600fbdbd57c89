import type { Buffer } from './buffers.ts';
import type { Life } from './row-lives.ts';

/** An open interval: every value above `above` and below `below`. */
export interface OpenInterval {
  readonly above: number;
  readonly below: number;
}

/**
 * The differences `offset of b − offset of a` at which a live byte of one would lie on a live byte of the other:
 * disjoint intervals in ascending order. Bytes that die at step t conflict with bytes born at t, except that `b` may lie
 * exactly on an `a` that it replaces, and `a` on such a `b`.
 */
export function forbiddenDifferences(
  a: Buffer,
  aIndex: number,
  b: Buffer,
  bIndex: number,
): readonly OpenInterval[] {
  if (!livesMeet(a.life, b.life)) return [];
  const found: OpenInterval[] = [];
  for (const p of a.stretches) {
    for (const q of b.stretches) {
      if (!livesMeet(p, q)) continue;
      const interval = { above: p.fromByte - q.toByte, below: p.toByte - q.fromByte };
      const handsOver =
        (b.replaces.has(aIndex) && p.death === q.birth) || (a.replaces.has(bIndex) && q.death === p.birth);
      if (handsOver) found.push(...without0(interval));
      else found.push(interval);
    }
  }
  return union(found);
}

function livesMeet(p: Life, q: Life): boolean {
  return p.birth <= q.death && q.birth <= p.death;
}

function without0({ above, below }: OpenInterval): readonly OpenInterval[] {
  if (above >= 0 || below <= 0) return [{ above, below }];
  return [
    { above, below: 0 },
    { above: 0, below },
  ];
}

/** Intervals that only touch stay apart: the point between them is allowed. */
function union(intervals: readonly OpenInterval[]): readonly OpenInterval[] {
  const joined: OpenInterval[] = [];
  for (const next of [...intervals].sort((x, y) => x.above - y.above)) {
    const last = joined.at(-1);
    if (last !== undefined && next.above < last.below) {
      joined[joined.length - 1] = { above: last.above, below: Math.max(last.below, next.below) };
    } else {
      joined.push(next);
    }
  }
  return joined;
}
