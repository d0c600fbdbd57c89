import type { Mismatch } from './verify-report.ts';

/** Counts differences and remembers the first. */
export class Comparison {
  compared = 0;
  mismatches = 0;
  first: Mismatch | null = null;

  /** Compares values, one a byte, that begin at value `at` of the map `where`. */
  compare(input: number, where: string, at: number, expected: Uint8Array, actual: Uint8Array): void {
    this.compared += expected.length;
    for (let i = 0; i < expected.length; i++) {
      if (expected[i] === actual[i]) continue;
      this.mismatches += 1;
      this.first ??= { input, where, at: at + i, expected: expected[i]!, actual: actual[i] ?? -1 };
    }
  }
}
