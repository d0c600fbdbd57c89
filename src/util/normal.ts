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

/** The z for which a standard normal variable lies within ±z with probability `mass` (0 < mass < 1), at most 8.3. */
export function centralDeviation(mass: number): number {
  // Double precision tells no mass beyond 8.3 deviations from 1. Sixty halvings leave nothing to halve.
  let [low, high] = [0, 8.3];
  for (let i = 0; i < 60; i++) {
    const middle = (low + high) / 2;
    if (errorFunction(middle / Math.SQRT2) < mass) low = middle;
    else high = middle;
  }
  return (low + high) / 2;
}
