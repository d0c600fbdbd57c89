import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerKind, QuantModel } from '../../src/ir/quant-model.ts';
import type { CpuFeatures } from '../../src/ir/target.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { kernelsAiming, lowerModel, scratchBytesOf } from '../../src/lower/lower.ts';
import { prepareKernel } from '../../src/reference/integer/kernels.ts';
import { contextOf } from '../../src/reference/integer/row-kernel.ts';
import { planWholeTensors } from '../../src/reference/integer/whole-tensor-plan.ts';
import { runInC } from '../support/c-cases.ts';
import { runOnQemu } from '../support/qemu-cases.ts';
import { drawCase, drawFrom, type LayerCase } from '../support/random-layer.ts';

/** Kernels made for a processor, and the end of their names. */
interface Family {
  readonly title: string;
  readonly cpu: 'cortex-m4' | 'cortex-m55';
  readonly features: CpuFeatures;
  readonly suffix: string;
}

const FAMILIES: readonly Family[] = [
  {
    title: 'the DSP extension',
    cpu: 'cortex-m4',
    features: { dsp: true, mve: false, fpu: false },
    suffix: '_dsp',
  },
  {
    title: 'the vector extension',
    cpu: 'cortex-m55',
    features: { dsp: false, mve: true, fpu: true },
    suffix: '_mve',
  },
];
const KINDS: readonly LayerKind[] = ['conv', 'depthwise', 'dense', 'pool', 'add'];
const CASES_PER_KIND = 60;
/** Of so many cases each, in search of some that a family has kernels for. */
const MAX_ROUNDS = 20;
/** What a kernel may take for scratch: enough, and so little that every kernel has to work in parts. */
const BUDGETS_BYTES = [6144, 96];

describe.each(FAMILIES)('the kernels of $title', (family) => {
  it('leave the maps, byte for byte, as the integer executor leaves them', () => {
    expectExact(family, runInC);
  });

  it('do so in its instructions', () => {
    expectExact(family, (cases, kernelsOf) => runOnQemu(cases, kernelsOf, family.cpu));
  }, 240_000);
});

type KernelsOf = (model: QuantModel) => readonly LayerKernel[];

function expectExact(
  family: Family,
  run: (cases: readonly LayerCase[], kernelsOf: KernelsOf) => readonly Uint8Array[],
): void {
  for (const budgetBytes of BUDGETS_BYTES) {
    const kernelsOf: KernelsOf = (model) => kernelsAiming(model, family.features, budgetBytes);
    const cases = drawCases(family, kernelsOf);
    const arenas = run(
      cases.map((one) => withScratch(one, kernelsOf)),
      kernelsOf,
    );
    cases.forEach((one, index) => {
      expect(arenas[index]!.subarray(0, one.arena.length), describeCase(one)).toEqual(runInTypeScript(one));
    });
  }
}

/** Cases that the family has kernels for. */
function drawCases(family: Family, kernelsOf: KernelsOf): readonly LayerCase[] {
  return KINDS.flatMap((kind) =>
    (['tflite', 'single'] as const).flatMap((rounding) => {
      const found: LayerCase[] = [];
      for (let round = 0; round < MAX_ROUNDS && found.length < CASES_PER_KIND; round++) {
        const drawn = fc.sample(fc.gen(), CASES_PER_KIND).map((g) => drawCase(drawFrom(g), kind, rounding));
        const fitting = drawn.filter((one) =>
          kernelNameOf(withScratch(one, kernelsOf), kernelsOf).endsWith(family.suffix),
        );
        found.push(...fitting.slice(0, CASES_PER_KIND - found.length));
      }
      expect(found.length, `cases of ${kind}, ${rounding}`).toBeGreaterThan(10);
      return found;
    }),
  );
}

function kernelNameOf({ model, memory }: LayerCase, kernelsOf: KernelsOf): string {
  return lowerModel('test', model, planWholeTensors(model).schedule, memory, kernelsOf(model)).layers[0]!
    .kernel.function;
}

/** The case with its kernel's working memory, and no byte more, behind the maps. */
function withScratch(one: LayerCase, kernelsOf: KernelsOf): LayerCase {
  const offsetBytes = 4 * Math.ceil(one.arena.length / 4);
  const bytes = scratchBytesOf(kernelsOf(one.model))[0]!;
  const arena = new Uint8Array(offsetBytes + bytes).fill(0xa5);
  arena.set(one.arena);
  return { ...one, arena, memory: { ...one.memory, scratch: [{ layer: 0, offsetBytes, bytes }] } };
}

function runInTypeScript({ model, memory, rect, arena }: LayerCase): Uint8Array {
  const bytes = arena.slice();
  const layer = model.layers[0]!;
  prepareKernel(layer, contextOf(model, memory, layer, new Int8Array(bytes.buffer)))(rect);
  return bytes;
}

/** What a failure is to be reproduced from, the numbers of the arrays left out. */
function describeCase({ model, memory, rect }: LayerCase): string {
  const isShort = (value: unknown): boolean => !ArrayBuffer.isView(value);
  return JSON.stringify(
    { layer: model.layers[0], maps: model.maps.map(({ shape }) => shape), memory, rect },
    (_key, value: unknown) => (isShort(value) ? value : '…'),
  );
}
