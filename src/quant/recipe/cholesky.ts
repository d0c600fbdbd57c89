/**
 * The lower factor L of a symmetric positive definite matrix A = L·Lᵀ, both row-major n×n; of A the lower triangle is read.
 * Null where A is not positive definite.
 */
export function choleskyFactor(matrix: Float64Array, n: number): Float64Array | null {
  const factor = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    const row = i * n;
    for (let j = 0; j <= i; j++) {
      const rest = matrix[row + j]! - dotOfRows(factor, row, j * n, j);
      if (j < i) factor[row + j] = rest / factor[j * n + j]!;
      else if (rest > 0) factor[row + i] = Math.sqrt(rest);
      else return null;
    }
  }
  return factor;
}

/** Σ values[a + k] · values[b + k] over k < length, in four sums that do not wait for each other. */
function dotOfRows(values: Float64Array, a: number, b: number, length: number): number {
  let sum0 = 0;
  let sum1 = 0;
  let sum2 = 0;
  let sum3 = 0;
  let k = 0;
  for (; k + 3 < length; k += 4) {
    sum0 += values[a + k]! * values[b + k]!;
    sum1 += values[a + k + 1]! * values[b + k + 1]!;
    sum2 += values[a + k + 2]! * values[b + k + 2]!;
    sum3 += values[a + k + 3]! * values[b + k + 3]!;
  }
  for (; k < length; k++) sum0 += values[a + k]! * values[b + k]!;
  return sum0 + sum1 + sum2 + sum3;
}

/** X of L·Lᵀ·X = B with `factor` L (n×n) and B, X row-major n×columns. */
export function solveCholesky(
  factor: Float64Array,
  n: number,
  right: Float64Array,
  columns: number,
): Float64Array {
  const x = right.slice();
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < i; k++) subtractRow(x, i * columns, k * columns, factor[i * n + k]!, columns);
    divideRow(x, i * columns, factor[i * n + i]!, columns);
  }
  for (let i = n - 1; i >= 0; i--) {
    divideRow(x, i * columns, factor[i * n + i]!, columns);
    for (let k = 0; k < i; k++) subtractRow(x, k * columns, i * columns, factor[i * n + k]!, columns);
  }
  return x;
}

/** values[to …] −= factor · values[from …]. */
function subtractRow(values: Float64Array, to: number, from: number, factor: number, length: number): void {
  for (let i = 0; i < length; i++) values[to + i]! -= factor * values[from + i]!;
}

function divideRow(values: Float64Array, start: number, divisor: number, length: number): void {
  for (let i = 0; i < length; i++) values[start + i]! /= divisor;
}
