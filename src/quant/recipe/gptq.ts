import { clamp } from '../../util/math.ts';
import { choleskyFactor } from './cholesky.ts';

/**
 * Rounds the weights of a layer (outputs × n, row-major) to whole multiples of one step for each output, −limit … limit,
 * column by column (zeros where the step is 0), each weight first corrected for the rounding errors of those before it (Frantar et al., GPTQ). `hessian`
 * (n×n) is XᵀX of the centred inputs over `rows` rows, in the units of the weights.
 *
 * With H = L·Lᵀ the squared error of an output is Σ_j (Σ_{i≥j} e_i·L[i, j])²: from the last column to the first, each
 * rounding minimises one term. That is GPTQ without its inverse (and Babai's nearest plane). The columns are taken by
 * decreasing diagonal of H, so L is that of the columns by increasing diagonal.
 */
export function roundByGptq(
  weights: Float64Array,
  hessian: Float64Array,
  n: number,
  { steps, limit, rows }: { readonly steps: Float64Array; readonly limit: number; readonly rows: number },
): Int8Array | null {
  const order = Array.from({ length: n }, (_, i) => i).sort(
    (a, b) => hessian[a * n + a]! - hessian[b * n + b]! || b - a,
  );
  const factor = choleskyFactor(damp(reorder(hessian, n, order), n, rows), n);
  if (factor === null) return null;
  const columns = transpose(factor, n);

  const integers = new Int8Array(weights.length);
  const errors = new Float64Array(n);
  steps.forEach((step, output) => {
    const start = output * n;
    for (let j = n - 1; j >= 0; j--) {
      let correction = 0;
      for (let i = j + 1; i < n; i++) correction += errors[i]! * columns[j * n + i]!;
      const weight = weights[start + order[j]!]!;
      const wanted = weight + correction / columns[j * n + j]!;
      const integer = step === 0 ? 0 : clamp(Math.round(wanted / step), -limit, limit);
      integers[start + order[j]!] = integer;
      errors[j] = weight - step * integer;
    }
  });
  return integers;
}

/** Adds a share of the mean of the diagonal to it, the more the fewer rows there are for each column. */
function damp(hessian: Float64Array, n: number, rows: number): Float64Array {
  const share = Math.min(0.3, 0.01 + (0.03 * n) / rows);
  let trace = 0;
  for (let i = 0; i < n; i++) trace += hessian[i * n + i]!;
  const damped = hessian.slice();
  for (let i = 0; i < n; i++) damped[i * n + i]! += (share * trace) / n;
  return damped;
}

function reorder(matrix: Float64Array, n: number, order: readonly number[]): Float64Array {
  const ordered = new Float64Array(n * n);
  order.forEach((row, i) => {
    order.forEach((column, j) => {
      ordered[i * n + j] = matrix[row * n + column]!;
    });
  });
  return ordered;
}

function transpose(matrix: Float64Array, n: number): Float64Array {
  const transposed = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let j = 0; j < n; j++) transposed[j * n + i] = matrix[i * n + j]!;
  }
  return transposed;
}
