import type { Range } from '../../ir/geometry.ts';

/** Values in rows: row-major, `rows` × `columns`. */
export interface Matrix {
  readonly rows: number;
  readonly columns: number;
  readonly values: Float32Array;
}

/** Rows whose products are summed before they are added to a result, which is too large for the fastest cache. */
const ROWS_AT_ONCE = 4;

/** Σ a[r, i] · b[r, j] over the rows `range` of both: row-major, a.columns × b.columns. */
export function crossProduct(a: Matrix, b: Matrix, range: Range): Float64Array {
  return productOfColumns(a, b, range, () => 0);
}

/** Σ a[r, i] · a[r, j] over the rows `range`: symmetric, a.columns × a.columns. */
export function gramMatrix(a: Matrix, range: Range): Float64Array {
  const n = a.columns;
  const gram = productOfColumns(a, a, range, (i) => i);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < i; j++) gram[i * n + j] = gram[j * n + i]!;
  }
  return gram;
}

/** Cross products of column i of `a` with the columns of `b` from `firstColumn(i)` on. */
function productOfColumns(
  a: Matrix,
  b: Matrix,
  { from, to }: Range,
  firstColumn: (i: number) => number,
): Float64Array {
  const product = new Float64Array(a.columns * b.columns);
  const columns = b.columns;
  const right = b.values;
  const leftAt = (row: number, i: number): number => (row < to ? a.values[row * a.columns + i]! : 0);
  for (let row = from; row < to; row += ROWS_AT_ONCE) {
    const row0 = row * columns;
    const row1 = Math.min(row + 1, to - 1) * columns;
    const row2 = Math.min(row + 2, to - 1) * columns;
    const row3 = Math.min(row + 3, to - 1) * columns;
    for (let i = 0; i < a.columns; i++) {
      const left0 = leftAt(row, i);
      const left1 = leftAt(row + 1, i);
      const left2 = leftAt(row + 2, i);
      const left3 = leftAt(row + 3, i);
      const out = i * columns;
      for (let j = firstColumn(i); j < columns; j++) {
        product[out + j]! +=
          left0 * right[row0 + j]! +
          left1 * right[row1 + j]! +
          left2 * right[row2 + j]! +
          left3 * right[row3 + j]!;
      }
    }
  }
  return product;
}

/** a · b for a of n×n and b of n×columns, row-major. */
export function multiply(a: Float64Array, n: number, b: Float64Array, columns: number): Float64Array {
  const product = new Float64Array(n * columns);
  for (let i = 0; i < n; i++) {
    const out = i * columns;
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k]!;
      const from = k * columns;
      for (let j = 0; j < columns; j++) product[out + j]! += factor * b[from + j]!;
    }
  }
  return product;
}
