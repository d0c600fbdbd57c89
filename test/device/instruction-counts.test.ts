import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import {
  BASELINE,
  compilerVersion,
  COUNTED_TARGETS,
  countInstructions,
  type Baseline,
} from '../../scripts/bench/counted.ts';
import { describeOnQemu } from '../support/tools.ts';

/** Counts are the same every time; this leaves room for what a changed schedule or constant costs by the way. */
const MOST_GROWTH = 1.02;

const baseline = JSON.parse(readFileSync(BASELINE, 'utf8')) as Baseline;
const compiler = await compilerVersion();
const isComparable = compiler === baseline.compiler;
if (!isComparable) {
  process.stderr.write(
    `\n*** NOT TESTED: instruction counts are those of ${baseline.compiler}, not of ${compiler ?? 'none'}\n\n`,
  );
}

describeOnQemu('no kernel takes over 2% more instructions than it did (else: npm run bench:baseline)', () => {
  it.skipIf(!isComparable).each(COUNTED_TARGETS)(
    '%s',
    async (target) => {
      const counts = await countInstructions(target);
      const known = Object.keys(baseline.instructions).filter((name) => name.startsWith(`${target}:`));
      expect(Object.keys(counts).sort()).toEqual(known.sort());
      const slower = Object.entries(counts).filter(
        ([name, count]) => count > baseline.instructions[name]! * MOST_GROWTH,
      );
      expect(slower.map(([name, count]) => `${name}: ${baseline.instructions[name]!} → ${count}`)).toEqual(
        [],
      );
    },
    180_000,
  );
});
