import { MAX_TAPE_DEPTH } from '../ir/tape.ts';
import type { LayerId } from '../ir/quant-model.ts';
import type { Tape, TapeOp } from '../ir/schedule.ts';

/** An entry without a body. */
export type Leaf = Extract<TapeOp, { readonly kind: 'rows' | 'await' }>;

/** The longest stretch that is looked for again: far above the period of a network that halves its rows five times. */
const LONGEST_PERIOD = 1024;

/** `leaves` as a tape whose periodic stretches are repeats. */
export function packTape(leaves: readonly Leaf[]): Tape {
  return pack(leaves, MAX_TAPE_DEPTH);
}

/** Rows of one layer that follow one another become one kernel call. */
export function joinRows(layers: readonly LayerId[]): readonly Leaf[] {
  const joined: Extract<Leaf, { readonly kind: 'rows' }>[] = [];
  for (const layer of layers) {
    const last = joined.at(-1);
    if (last?.layer === layer) joined[joined.length - 1] = { ...last, count: last.count + 1 };
    else joined.push({ kind: 'rows', layer, count: 1 });
  }
  return joined;
}

/** From the left, whatever repeat saves the most entries; within its body the same again. */
function pack(leaves: readonly Leaf[], depth: number): Tape {
  if (depth === 0) return leaves;
  const ops: TapeOp[] = [];
  for (let at = 0; at < leaves.length;) {
    const { period, times } = findRepeat(leaves, at);
    if (times === 1) {
      ops.push(leaves[at]!);
    } else {
      ops.push({ kind: 'repeat', times, body: pack(leaves.slice(at, at + period), depth - 1) });
    }
    at += period * times;
  }
  return ops;
}

/** The stretch that begins at `at` and saves most by being repeated; of one entry and once where no repeat pays. */
function findRepeat(
  leaves: readonly Leaf[],
  at: number,
): { readonly period: number; readonly times: number } {
  let best = { period: 1, times: 1 };
  // A repeat costs about as much as an entry and a half.
  let mostSaved = 1;
  const longest = Math.min(LONGEST_PERIOD, Math.floor((leaves.length - at) / 2));
  for (let period = 1; period <= longest; period++) {
    let end = at + period;
    while (end < leaves.length && isSame(leaves[end]!, leaves[end - period]!)) end++;
    const times = Math.floor((end - at) / period);
    const saved = period * (times - 1);
    if (saved > mostSaved) {
      best = { period, times };
      mostSaved = saved;
    }
  }
  return best;
}

function isSame(a: Leaf, b: Leaf): boolean {
  if (a.count !== b.count) return false;
  return a.kind === 'rows' ? b.kind === 'rows' && a.layer === b.layer : b.kind === 'await';
}
