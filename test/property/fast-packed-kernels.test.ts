import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { LayerKind, QuantModel } from '../../src/ir/quant-model.ts';
import { integerRange, type MapBits, type Rounding } from '../../src/ir/quantization.ts';
import type { CpuFeatures } from '../../src/ir/target.ts';
import { narrowAdd } from '../../src/lower/dsp4/add.ts';
import { narrowConv } from '../../src/lower/dsp4/conv.ts';
import type { LayerKernel } from '../../src/lower/layer-context.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import { runInC, type KernelsOf } from '../support/c-cases.ts';
import {
  describeCase,
  kernelNameOf,
  kernelsWithin,
  runInTypeScript,
  withScratch,
} from '../support/fast-cases.ts';
import { runOnQemu } from '../support/qemu-cases.ts';
import { drawFrom, placeModel, type Draw, type LayerCase } from '../support/random-layer.ts';
import { drawPackedModel } from '../support/random-packed-layer.ts';

interface Family {
  readonly title: string;
  readonly cpu: 'cortex-m4' | 'cortex-m55';
  readonly features: CpuFeatures;
  /** In the name of every kernel that is made for it. */
  readonly mark: string;
}

const FAMILIES: readonly Family[] = [
  {
    title: 'the DSP extension',
    cpu: 'cortex-m4',
    features: { dsp: true, mve: false, fpu: false },
    mark: '_dsp',
  },
  {
    title: 'the vector extension',
    cpu: 'cortex-m55',
    features: { dsp: false, mve: true, fpu: true },
    mark: '_mve',
  },
];
const KINDS: readonly LayerKind[] = ['conv', 'depthwise', 'dense', 'pool', 'add'];
const ROUNDINGS: readonly Rounding[] = ['single', 'tflite'];
const MAP_BITS: readonly MapBits[] = [8, 4, 2];
const BIT_PAIRS = MAP_BITS.flatMap((input) => MAP_BITS.map((output) => ({ input, output }))).slice(1);
/** Of each kind, rounding, pair of widths and budget. */
const CASES_PER_PAIR = 2;
const DRAWN_PER_PAIR = 60;
/** What a kernel may take for scratch: enough, and so little that every kernel has to work in parts. */
const BUDGETS_BYTES = [8192, 200];
const NARROW_BUDGET_BYTES = 2000;

describe.each(FAMILIES)('the kernels of $title on fewer than 8 bits', (family) => {
  it('leave the maps, byte for byte, as the integer executor leaves them', () => {
    expectExact(family, runInC);
  }, 240_000);

  it('do so in its instructions', () => {
    expectExact(family, (cases, kernelsOf) => runOnQemu(cases, kernelsOf, family.cpu));
  }, 240_000);
});

describe('kernels that take several narrow values at a time', () => {
  const kernelsOf = (model: QuantModel): readonly LayerKernel[] => {
    const layer = model.layers[0]!;
    const narrow = narrowAdd(model, layer) ?? narrowConv(model, layer, NARROW_BUDGET_BYTES)?.kernel ?? null;
    return [narrow ?? portableKernels(model)[0]!];
  };
  const place = (draw: Draw, model: QuantModel): LayerCase => withScratch(placeModel(draw, model), kernelsOf);
  const isNarrow = (one: LayerCase): boolean => kernelNameOf(one, kernelsOf).includes('_a4_dsp');
  const draws = (seed: number, numRuns: number): readonly Draw[] =>
    fc.sample(fc.gen(), { numRuns, seed }).map((g) => drawFrom(g));
  const convolutions = BIT_PAIRS.flatMap((widths, seed) =>
    draws(seed, 20).map((draw) => {
      const weights = draw.pick(8, draw.integer(2, 7));
      const drawn = drawPackedModel(draw, 'conv', 'single', { ...widths, weights });
      return place(draw, draw.pick(true, false) ? asQuantized(drawn) : drawn);
    }),
  ).filter(isNarrow);
  const additions = draws(1, 200)
    .map((draw) => place(draw, drawPackedModel(draw, 'add', 'single', { input: 4, output: 4, weights: 8 })))
    .filter(isNarrow);

  it.each([
    ['in C', runInC],
    ['in its instructions', (some, of) => runOnQemu(some, of, 'cortex-m4')],
  ] as const satisfies readonly (readonly [string, Run])[])(
    'leave the maps as the integer executor leaves them, %s',
    (_, run) => {
      expect(convolutions.length).toBeGreaterThan(30);
      expect(additions.length).toBeGreaterThan(50);
      const cases = [...convolutions, ...additions];
      expectSameMaps(cases, run(cases, kernelsOf));
    },
    240_000,
  );
});

/** With the shift that quantized convolutions have, and all of the output's range. */
function asQuantized(model: QuantModel): QuantModel {
  const layers = model.layers.map((layer) => {
    if (layer.kind !== 'conv' || layer.requant.rounding !== 'single') return layer;
    const { shift } = layer.requant;
    const multiplier = layer.requant.multiplier.map((value) => Math.trunc(value / 2 ** (shift - 1)));
    const clamp = integerRange(model.maps[layer.output]!.affine.bits);
    return { ...layer, requant: { ...layer.requant, multiplier, shift: 1 }, clamp };
  });
  return { ...model, layers };
}

type Run = (cases: readonly LayerCase[], kernelsOf: KernelsOf) => readonly Uint8Array[];

function expectSameMaps(cases: readonly LayerCase[], arenas: readonly Uint8Array[]): void {
  cases.forEach((one, index) => {
    const mapBytes = one.memory.scratch[0]!.offsetBytes;
    const expected = runInTypeScript(one).subarray(0, mapBytes);
    expect(arenas[index]!.subarray(0, mapBytes), describeCase(one)).toEqual(expected);
  });
}

function expectExact(family: Family, run: Run): void {
  const within = BUDGETS_BYTES.map((budgetBytes) => {
    const kernelsOf = kernelsWithin(family.features, budgetBytes);
    return new Map(drawCases(family, kernelsOf).map((one) => [one.model, { one, kernelsOf }]));
  });
  const all = new Map(within.flatMap((some) => [...some]));
  const cases = [...all.values()].map(({ one }) => one);
  expectSameMaps(
    cases,
    run(cases, (model) => all.get(model)!.kernelsOf(model)),
  );
}

/** Cases of every kind and pair of widths that the family has kernels for. */
function drawCases({ mark }: Family, kernelsOf: KernelsOf): readonly LayerCase[] {
  return KINDS.flatMap((kind) =>
    ROUNDINGS.flatMap((rounding) => {
      const found = BIT_PAIRS.flatMap((widths, seed) => {
        const drawn = fc.sample(fc.gen(), { numRuns: DRAWN_PER_PAIR, seed }).map((g) => {
          const draw = drawFrom(g);
          const weights = draw.pick(8, draw.integer(2, 7));
          const model = drawPackedModel(draw, kind, rounding, {
            ...widths,
            weights,
          });
          return withScratch(placeModel(draw, model), kernelsOf);
        });
        return drawn
          .filter((one) => kernelNameOf(one, kernelsOf).includes(`${mark}_`))
          .slice(0, CASES_PER_PAIR);
      });
      expect(found.length, `cases of ${kind}, ${rounding}`).toBeGreaterThan(7);
      return found;
    }),
  );
}
