/** Probabilities below this count as this, on both sides: an 8-bit softmax says 0 below 1/512. */
const LEAST_PROBABILITY = 1 / 512;

/**
 * KL(p ‖ q) of two sets of scores that sum to about 1; scores that do not are put through a softmax first, a single one
 * through a logistic function. `least`: what smaller probabilities count as.
 */
export function divergence(p: Float32Array, q: Float32Array, least = LEAST_PROBABILITY): number {
  const [a, b] = [distribution(p, least), distribution(q, least)];
  let total = 0;
  for (let i = 0; i < a.length; i++) total += a[i]! * Math.log(a[i]! / b[i]!);
  return total;
}

/** The probabilities that scores stand for, none below `least`. */
export function distribution(scores: Float32Array, least: number): Float64Array {
  const values = scores.length === 1 ? Float64Array.of(scores[0]!, 0) : Float64Array.from(scores);
  const total = values.reduce((t, v) => t + v, 0);
  if (scores.length === 1 || values.some((v) => v < 0) || Math.abs(total - 1) > 0.1) {
    const top = values.reduce((t, v) => Math.max(t, v), -Infinity);
    values.forEach((v, i) => (values[i] = Math.exp(v - top)));
  }
  const sumOfExponentials = values.reduce((t, v) => t + v, 0);
  values.forEach((v, i) => (values[i] = Math.max(v / sumOfExponentials, least)));
  const scale = values.reduce((t, v) => t + v, 0);
  return values.map((v) => v / scale);
}
