import { choleskyFactor, solveCholesky } from './cholesky.ts';
import { multiply } from './products.ts';

/** The sums over a set of rows that a least-squares fit needs: G = XᵀX (n×n) and C = XᵀR (n×outputs), divided by the rows. */
export interface NormalEquations {
  readonly gram: Float64Array;
  readonly cross: Float64Array;
}

/** Strengths that are tried, the strongest first; infinity, which changes nothing, is what they must beat. */
const RIDGES = [10, 1, 0.1, 0.01, 0.001];

/**
 * The change D (n×outputs) of least ‖R − XD‖² + μ·rows·‖D‖², with the μ that does best on rows held out of the fit; then
 * fitted to all rows. Null where no change does better than none, or the rows hold nothing to fit. From strong to weak
 * until the error rises: it has one minimum as good as always.
 */
export function fitRidge(
  training: NormalEquations,
  heldOut: NormalEquations,
  all: NormalEquations,
  n: number,
  outputs: number,
): Float64Array | null {
  let best: { readonly ridge: number; readonly error: number } | null = null;
  for (const ridge of RIDGES) {
    const change = solveRidge(training, n, outputs, ridge);
    if (change === null) break;
    const error = errorChange(heldOut, n, outputs, change);
    if (error >= (best?.error ?? 0)) break;
    best = { ridge, error };
  }
  return best === null ? null : solveRidge(all, n, outputs, best.ridge);
}

/** (G + μI)⁻¹C; null where that is not positive definite. */
export function solveRidge(
  { gram, cross }: NormalEquations,
  n: number,
  outputs: number,
  ridge: number,
): Float64Array | null {
  const damped = gram.slice();
  for (let i = 0; i < n; i++) damped[i * n + i]! += ridge;
  const factor = choleskyFactor(damped, n);
  return factor && solveCholesky(factor, n, cross, outputs);
}

/** By how much D changes the mean squared error: tr(DᵀGD) − 2·tr(DᵀC). */
function errorChange(
  { gram, cross }: NormalEquations,
  n: number,
  outputs: number,
  change: Float64Array,
): number {
  const product = multiply(gram, n, change, outputs);
  let total = 0;
  for (let i = 0; i < change.length; i++) total += change[i]! * (product[i]! - 2 * cross[i]!);
  return total;
}
