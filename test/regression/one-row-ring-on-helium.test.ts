import fc from 'fast-check';
import { expect, it } from 'vitest';
import { runInC } from '../support/c-cases.ts';
import {
  describeCase,
  kernelNameOf,
  kernelsWithin,
  runInTypeScript,
  withScratch,
} from '../support/fast-cases.ts';
import { runOnQemu } from '../support/qemu-cases.ts';
import { drawCase, drawFrom } from '../support/random-layer.ts';

const BUDGET_BYTES = 8192;

it('Helium convolutions write every row of a call to a ring that holds one', () => {
  const kernelsOf = kernelsWithin({ dsp: false, mve: true, fpu: true }, BUDGET_BYTES);
  const cases = fc
    .sample(fc.gen(), { numRuns: 3000, seed: 1 })
    .map((g) => withScratch(drawCase(drawFrom(g), 'conv', 'single'), kernelsOf))
    .filter(({ rect, memory, model }) => {
      const { ringRows } = memory.maps[model.layers[0]!.output]!;
      return ringRows === 1 && rect.rows.to - rect.rows.from > 1;
    })
    .filter((one) => kernelNameOf(one, kernelsOf).endsWith('_s8_mve'));
  expect(cases.length).toBeGreaterThan(10);
  for (const arenas of [runInC(cases, kernelsOf), runOnQemu(cases, kernelsOf, 'cortex-m55')]) {
    cases.forEach((one, index) => {
      const mapBytes = one.memory.scratch[0]!.offsetBytes;
      const expected = runInTypeScript(one).subarray(0, mapBytes);
      expect(arenas[index]!.subarray(0, mapBytes), describeCase(one)).toEqual(expected);
    });
  }
});
