import type { KernelCost, KernelWork } from '../../src/ir/kernel-cost.ts';
import { sum } from '../../src/util/math.ts';

/** What some calls did, and the instructions that they took. */
export interface Measurement {
  readonly work: KernelWork;
  readonly instructions: number;
}

const TERMS = ['call', 'row', 'pixel', 'output', 'mac', 'input', 'weight', 'channel'] as const;
const ROUNDS = 20_000;
/** Terms that hardly help are kept at nothing. */
const RIDGE = 1e-6;
const DIGITS = 4;

/**
 * The costs, none below 0, with the least squared relative error over the measurements: coordinate descent on the normal
 * equations.
 */
export function fitCost(measurements: readonly Measurement[]): KernelCost {
  const rows = measurements.map(({ work, instructions }) => TERMS.map((term) => work[term] / instructions));
  const scale = TERMS.map((_, term) => Math.max(...rows.map((row) => row[term]!)) || 1);
  const scaled = rows.map((row) => row.map((value, term) => value / scale[term]!));
  const products = TERMS.map((_, a) => TERMS.map((__, b) => sum(scaled.map((row) => row[a]! * row[b]!))));
  const targets = TERMS.map((_, term) => sum(scaled.map((row) => row[term]!)));
  const solution = TERMS.map(() => 0);
  for (let round = 0; round < ROUNDS; round++) {
    TERMS.forEach((_, term) => {
      const others = sum(
        solution.map((value, other) => (other === term ? 0 : value * products[term]![other]!)),
      );
      const own = products[term]![term]! + RIDGE * measurements.length;
      solution[term] = Math.max(0, (targets[term]! - others) / own);
    });
  }
  const cost = (term: (typeof TERMS)[number]): number => {
    const at = TERMS.indexOf(term);
    return Number((solution[at]! / scale[at]!).toPrecision(DIGITS));
  };
  return {
    call: cost('call'),
    row: cost('row'),
    pixel: cost('pixel'),
    output: cost('output'),
    mac: cost('mac'),
    input: cost('input'),
    weight: cost('weight'),
    channel: cost('channel'),
  };
}
