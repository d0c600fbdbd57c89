/** Probabilities below this count as this, on both sides: an 8-bit softmax says 0 below 1/512. */
const LEAST_PROBABILITY = 1 / 512;

/** KL(p ‖ q) of two sets of scores that sum to about 1; scores that do not are put through a softmax first. */
export function divergence(p: Float32Array, q: Float32Array): number {
  const [a, b] = [distribution(p), distribution(q)];
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * Math.log(a[i]! / b[i]!);
  return total;
}

function distribution(scores: Float32Array): Float64Array {
  const values = Float64Array.from(scores);
  const total = values.reduce((t, v) => t + v, 0);
  if (values.some((v) => v < 0) || Math.abs(total - 1) > 0.1) {
    const top = values.reduce((t, v) => Math.max(t, v), -Infinity);
    values.forEach((v, i) => (values[i] = Math.exp(v - top)));
  }
  values.forEach((v, i) => (values[i] = Math.max(v, LEAST_PROBABILITY)));
  const scale = values.reduce((t, v) => t + v, 0);
  return values.map((v) => v / scale);
}
