import { divergence } from '../util/divergence.ts';
import { mean, standardError } from '../util/means.ts';

/** Class scores of one input, and its true class where it is known. */
export interface Scored {
  readonly float: Float32Array | null;
  readonly quantized: Float32Array | null;
  /** Index of the true output, null without labels. */
  readonly label: number | null;
}

/** Accuracy in percent, drops in points, shares 0…1; null where a side or the labels are missing. */
export interface Accuracy {
  readonly n: number;
  readonly top1: { readonly float: number | null; readonly quantized: number | null };
  /** Float top-1 minus quantized top-1. */
  readonly drop: number | null;
  /** Standard error of `drop`, from the paired per-input differences. */
  readonly dropStdErr: number | null;
  /** Share of inputs on which both name the same class. */
  readonly agreement: number | null;
  /** Mean Kullback-Leibler divergence of the quantized from the float distribution, in nats. */
  readonly kl: number | null;
}

/** Compares two sets of class scores. `firstClass`: outputs below it are no class (the background of 1001-way models). */
export function measureAccuracy(scored: readonly Scored[], firstClass: number): Accuracy {
  const n = scored.length;
  const hits = scored.map(({ float, quantized, label }) => ({
    float: hit(float, label, firstClass),
    quantized: hit(quantized, label, firstClass),
  }));
  const top1 = {
    float: percent(hits.map((h) => h.float)),
    quantized: percent(hits.map((h) => h.quantized)),
  };
  const losses = hits.flatMap((h) =>
    h.float === null || h.quantized === null ? [] : [h.float - h.quantized],
  );
  const pairs = scored.flatMap(({ float, quantized }) =>
    float === null || quantized === null ? [] : [{ float, quantized }],
  );
  const agreeing = pairs.filter(
    (p) => argMax(p.float, firstClass) === argMax(p.quantized, firstClass),
  ).length;
  return {
    n,
    top1,
    drop: losses.length === 0 ? null : 100 * mean(losses),
    dropStdErr: losses.length === 0 ? null : 100 * standardError(losses),
    agreement: pairs.length === 0 ? null : agreeing / pairs.length,
    kl: pairs.length === 0 ? null : mean(pairs.map((p) => divergence(p.float, p.quantized))),
  };
}

/** The index of the largest of `scores[from…]`; the first of equals. */
export function argMax(scores: Float32Array, from = 0): number {
  let best = from;
  for (let i = from + 1; i < scores.length; i++) if (scores[i]! > scores[best]!) best = i;
  return best;
}

function hit(scores: Float32Array | null, label: number | null, firstClass: number): number | null {
  if (scores === null || label === null) return null;
  return argMax(scores, firstClass) === label ? 1 : 0;
}

function percent(hits: readonly (number | null)[]): number | null {
  const known = hits.filter((value) => value !== null);
  return known.length === 0 ? null : 100 * mean(known);
}
