import type { Graph } from '../../ir/graph.ts';
import type { SimulatedNetwork } from '../../quant/simulate.ts';
import { prepareFloat } from '../../reference/float/executor.ts';
import { prepareForks } from '../../reference/float/forks.ts';
import { distribution, divergence } from '../../util/divergence.ts';
import { mean, standardError } from '../../util/means.ts';
import { imagesABatch, joined, LEAST_PROBABILITY } from './sensitivity.ts';

/** Inputs that nothing was fitted to, with the outputs of the float network. */
export interface HeldOut {
  /** Real values. */
  readonly inputs: readonly Float32Array[];
  readonly scores: readonly Float32Array[];
  /** Index of the true output of each; null: not known. */
  readonly labels: readonly number[] | null;
}

/** How a quantized network does on held-out inputs. */
export interface Quality {
  readonly n: number;
  /** Mean KL(float ‖ quantized), nats. */
  readonly kl: number;
  /** Standard error of `kl`, and of `drop` by the paired differences of the inputs; 0 of a single one. */
  readonly klStdErr: number;
  readonly dropStdErr: number;
  /** Share of inputs on which both name the same class. */
  readonly agreement: number;
  /** Points of top-1 lost; by `dropBy`. */
  readonly drop: number;
  /**
   * `labels`: counted. `scores`: expected, the float network's own probabilities taken for those of the true class. The second
   * is exact for a network whose probabilities are, and never negative.
   */
  readonly dropBy: 'labels' | 'scores';
}

export async function holdOut(
  graph: Graph,
  inputs: readonly Float32Array[],
  labels: readonly number[] | null,
): Promise<HeldOut> {
  const executor = await prepareFloat(graph);
  try {
    return { inputs, labels, scores: inputs.map((input) => executor.run([input])[0]!) };
  } finally {
    executor.dispose();
  }
}

export async function judge(
  network: SimulatedNetwork,
  { inputs, scores, labels }: HeldOut,
): Promise<Quality> {
  const batchImages = imagesABatch(network.graph);
  const executor = await prepareForks(network.graph, network.storedAs, []);
  try {
    const quantized: Float32Array[] = [];
    for (let from = 0; from < inputs.length; from += batchImages) {
      const batch = inputs.slice(from, from + batchImages);
      executor.run(
        joined(batch.map(network.storeInput)),
        () => false,
        (_, output) => {
          const length = output.length / batch.length;
          batch.forEach((_input, i) => quantized.push(output.slice(i * length, (i + 1) * length)));
        },
      );
    }
    return compareScores(scores, quantized, labels);
  } finally {
    executor.dispose();
  }
}

/** Scores of the float and of the quantized network on the same inputs; at least one. */
export function compareScores(
  float: readonly Float32Array[],
  quantized: readonly Float32Array[],
  labels: readonly number[] | null,
): Quality {
  const n = float.length;
  const each = (value: (scores: Float32Array, other: Float32Array, i: number) => number): readonly number[] =>
    float.map((scores, i) => value(scores, quantized[i]!, i));
  const hit = (scores: Float32Array, label: number): number => (topOf(scores) === label ? 1 : 0);
  const divergences = each((p, q) => divergence(p, q, LEAST_PROBABILITY));
  const drops = each(labels === null ? expectedLoss : (p, q, i) => hit(p, labels[i]!) - hit(q, labels[i]!));
  return {
    n,
    kl: mean(divergences),
    klStdErr: standardError(divergences),
    agreement: mean(each((p, q) => (topOf(p) === topOf(q) ? 1 : 0))),
    drop: 100 * mean(drops),
    dropStdErr: 100 * standardError(drops),
    dropBy: labels === null ? 'scores' : 'labels',
  };
}

/** What the float network gives for its own choice more than for the quantized network's. */
function expectedLoss(float: Float32Array, quantized: Float32Array): number {
  if (float.length === 1) return 0;
  const probabilities = distribution(float, LEAST_PROBABILITY);
  return probabilities[topOf(float)]! - probabilities[topOf(quantized)]!;
}

function topOf(scores: Float32Array): number {
  return scores.reduce((best, score, i) => (score > scores[best]! ? i : best), 0);
}
