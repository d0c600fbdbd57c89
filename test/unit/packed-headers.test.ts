import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, it } from 'vitest';
import { RUNTIME } from '../support/c-cases.ts';

/** Layers that read packed values one by one, or that no packed map meets. */
const WITHOUT_LINES = ['qmcu_mean_s8_dsp', 'qmcu_mean_s8_mve', 'qmcu_reencode_mve'];
/** Kernels that read and write packed rows of 4 bits themselves, and those beside a map of pairs, which holds 8 bits. */
const OF_THEIR_OWN = /_a4_|_pairs_/;

it('every kernel made for a processor can run between packed maps', () => {
  const files = readdirSync(RUNTIME);
  const kernels = files
    .filter((file) => /_(dsp|mve)\.h$/.test(file))
    .map((file) => file.slice(0, -'.h'.length))
    .filter((name) => readFileSync(path.join(RUNTIME, `${name}.h`), 'utf8').includes(` ${name}_layer;`))
    .filter((name) => !WITHOUT_LINES.includes(name) && !OF_THEIR_OWN.test(name));
  expect(kernels.length).toBeGreaterThan(10);
  expect(kernels.filter((name) => !files.includes(`${name}_packed.h`))).toEqual([]);
});
