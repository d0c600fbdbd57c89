/** erf by the series of positive terms 2/√π · e^(−x²) · Σ 2ⁿ x^(2n+1) / (1·3·…·(2n+1)) (DLMF 7.6.2). */
export function errorFunction(x: number): number {
  let term = x;
  let total = x;
  for (let n = 1; Math.abs(term) > Math.abs(total) * Number.EPSILON; n++) {
    term *= (2 * x * x) / (2 * n + 1);
    total += term;
  }
  return (2 / Math.sqrt(Math.PI)) * Math.exp(-x * x) * total;
}

/** Double precision tells no mass beyond so many deviations from 1. */
const FARTHEST = 8.3;

/** The probability that a standard normal variable lies within ±z (z ≥ 0). */
export function massWithin(z: number): number {
  return errorFunction(Math.min(z, FARTHEST) / Math.SQRT2);
}

/** The z for which a standard normal variable lies within ±z with probability `mass` (0 < mass < 1), at most 8.3. */
export function centralDeviation(mass: number): number {
  // Sixty halvings leave nothing to halve.
  let [low, high] = [0, FARTHEST];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (massWithin(middle) < mass) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
