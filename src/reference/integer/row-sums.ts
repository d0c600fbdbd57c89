import type { Range } from '../../ir/geometry.ts';
import { foldedRows } from '../../ir/layer-rows.ts';
import type { QuantLayer } from '../../ir/quant-model.ts';
import { assert } from '../../util/never.ts';
import type { KernelContext } from './row-kernel.ts';

const BYTES = 4;

/**
 * The sums of a layer that folds rows, from one call to the next: 32 bits each, the lowest byte first, in the arena, where the C
 * has them. A call that has all the rows leaves them alone.
 */
export interface RowSums {
  /** All rows that are folded. */
  readonly rows: number;
  /** Adds what earlier calls have kept, from the value `first` of the output row on, to the sums of the rows of this call. */
  readonly addEarlier: (rows: Range, sums: Int32Array, first: number) => void;
  /** Keeps sums for the next call; returns whether there is one. */
  readonly keepForNext: (rows: Range, sums: Int32Array, first: number) => boolean;
}

/** Of a layer that folds rows; null of another. */
export function prepareRowSums(layer: QuantLayer, { model, sums: kept }: KernelContext): RowSums | null {
  const folded = foldedRows(model, layer);
  if (folded === null) return null;
  const place = (): DataView => {
    assert(kept !== null, 'a layer that folds rows in several calls has a place for its sums');
    return kept;
  };
  return {
    rows: folded,
    addEarlier({ from }, sums, first) {
      if (from === 0) return;
      sums.forEach((sum, i) => (sums[i] = sum + place().getInt32(BYTES * (first + i), true)));
    },
    keepForNext({ to }, sums, first) {
      if (to === folded) return false;
      sums.forEach((sum, i) => {
        place().setInt32(BYTES * (first + i), sum, true);
      });
      return true;
    },
  };
}
