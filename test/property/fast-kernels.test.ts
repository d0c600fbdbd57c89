import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { elementCount } from '../../src/ir/geometry.ts';
import type { LayerKind, QuantModel } from '../../src/ir/quant-model.ts';
import type { CpuFeatures } from '../../src/ir/target.ts';
import { runInC, type KernelsOf } from '../support/c-cases.ts';
import {
  describeCase,
  kernelNameOf,
  kernelsWithin,
  runInTypeScript,
  withScratch,
} from '../support/fast-cases.ts';
import { runOnQemu } from '../support/qemu-cases.ts';
import { drawCase, drawFrom, drawModel, type Draw, type LayerCase } from '../support/random-layer.ts';

/** Kernels made for a processor, and the end of their names. */
interface Family {
  readonly title: string;
  readonly cpu: 'cortex-m4' | 'cortex-m55';
  readonly features: CpuFeatures;
  readonly suffix: string;
  readonly kinds: readonly LayerKind[];
}

const FAMILIES: readonly Family[] = [
  {
    title: 'the DSP extension',
    cpu: 'cortex-m4',
    features: { dsp: true, mve: false, fpu: false },
    suffix: '_dsp',
    kinds: ['conv', 'depthwise', 'dense', 'pool', 'mean', 'add'],
  },
  {
    title: 'the vector extension',
    cpu: 'cortex-m55',
    features: { dsp: false, mve: true, fpu: true },
    suffix: '_mve',
    kinds: ['conv', 'depthwise', 'dense', 'pool', 'mean', 'add'],
  },
];
const CASES_PER_KIND = 60;
/** Of so many cases each, in search of some that a family has kernels for. */
const MAX_ROUNDS = 20;
const MAX_SEEDS = 200;
const DRAWN_PER_SEED = 60;
/** What a kernel may take for scratch: enough, and so little that every kernel has to work in parts. */
const BUDGETS_BYTES = [6144, 96];
/** Enough for small maps, and so little that a layer had better take the place of its input. */
const REPLACING_BUDGETS_BYTES = { conv: 1024, depthwise: 4096 };

describe.each(FAMILIES)('the kernels of $title', (family) => {
  it('leave the maps, byte for byte, as the integer executor leaves them', () => {
    expectExact(family, runInC);
  });

  it('do so in its instructions', () => {
    expectExact(family, (cases, kernelsOf) => runOnQemu(cases, kernelsOf, family.cpu));
  }, 240_000);
});

describe.each(FAMILIES)('kernels of $title that may write over their input', ({ cpu, features }) => {
  const kernelsOf: KernelsOf = (model) => {
    const isDepthwise = model.layers[0]!.kind === 'depthwise';
    return kernelsWithin(features, REPLACING_BUDGETS_BYTES[isDepthwise ? 'depthwise' : 'conv'])(model);
  };
  const cases = (['conv', 'depthwise'] as const).flatMap((kind) => {
    const models = firstDrawn(
      CASES_PER_KIND,
      MAX_SEEDS,
      (draw) => ({ draw, model: drawModel(draw, kind, draw.pick('tflite', 'single')) }),
      ({ model }) => kernelsOf(model)[0]!.replacesInput,
    );
    return models.map(({ draw, model }): LayerCase => {
      const bytes = elementCount(model.maps[0]!.shape);
      return overItsInput(model, Uint8Array.from(draw.integers(bytes, 0, 255)));
    });
  });

  it.each(placesToRun(cpu))(
    'leave their output as the integer executor does, %s',
    (_where, run) => {
      for (const kind of ['conv', 'depthwise']) {
        expect(cases.filter(({ model }) => model.layers[0]!.kind === kind).length).toBeGreaterThan(10);
      }
      expectArenas(cases, kernelsOf, run);
    },
    240_000,
  );
});

describe('depthwise kernels of the vector extension on maps that are higher than wide', () => {
  const { features, cpu } = FAMILIES.find(({ suffix }) => suffix === '_mve')!;
  const kernelsOf = kernelsWithin(features, BUDGETS_BYTES[0]!);
  const isHigh = ({ model, rect: { rows, columns } }: LayerCase): boolean =>
    kernelsOf(model)[0]!.function === 'qmcu_depthwise_3x3_s8_mve' &&
    rows.to - rows.from > columns.to - columns.from;
  const cases = (['tflite', 'single'] as const).flatMap((rounding) =>
    firstDrawn(30, 60, (draw) => drawCase(draw, 'depthwise', rounding), isHigh),
  );

  it.each(placesToRun(cpu))(
    'leave the maps as the integer executor leaves them, %s',
    (_where, run) => {
      expect(cases.length).toBeGreaterThan(20);
      expectArenas(cases, kernelsOf, run);
    },
    240_000,
  );
});

type Run = (cases: readonly LayerCase[], kernelsOf: KernelsOf) => readonly Uint8Array[];

function placesToRun(cpu: Family['cpu']): readonly (readonly [string, Run])[] {
  return [
    ['in C', runInC],
    ['in its instructions', (cases, kernelsOf) => runOnQemu(cases, kernelsOf, cpu)],
  ];
}

/** The first `count` of what is drawn from seeds below `maxSeeds` that fit. */
function firstDrawn<T>(
  count: number,
  maxSeeds: number,
  make: (draw: Draw) => T,
  fits: (drawn: T) => boolean,
): readonly T[] {
  const found: T[] = [];
  for (let seed = 0; seed < maxSeeds && found.length < count; seed++) {
    const drawn = fc.sample(fc.gen(), { seed, numRuns: DRAWN_PER_SEED }).map((g) => make(drawFrom(g)));
    found.push(...drawn.filter(fits));
  }
  return found.slice(0, count);
}

/** A layer computed as a whole, its output where its input is. */
function overItsInput(model: QuantModel, arena: Uint8Array): LayerCase {
  const { shape } = model.maps[model.layers[0]!.output]!;
  return {
    model,
    memory: {
      arenaBytes: arena.length,
      hotBytes: 0,
      alignmentBytes: 1,
      maps: model.maps.map(({ id, shape: { h, w, c } }) => ({
        map: id,
        offsetBytes: 0,
        rowBytes: w * c,
        ringRows: h,
      })),
      scratch: [],
      sums: [],
      replacing: [0],
      liveBytes: arena.length,
      peakLayer: 0,
    },
    rect: {
      rows: { from: 0, to: shape.h },
      columns: { from: 0, to: shape.w },
      inputColumn: [0, 0],
      outputColumn: 0,
    },
    arena,
  };
}

function expectExact(family: Family, run: Run): void {
  const kernelsOfCase = new Map<QuantModel, KernelsOf>();
  const cases = BUDGETS_BYTES.flatMap((budgetBytes) => {
    const kernelsOf = kernelsWithin(family.features, budgetBytes);
    const drawn = drawCases(family, kernelsOf);
    for (const { model } of drawn) kernelsOfCase.set(model, kernelsOf);
    return drawn;
  });
  expectArenas(cases, (model) => kernelsOfCase.get(model)!(model), run);
}

function expectArenas(cases: readonly LayerCase[], kernelsOf: KernelsOf, run: Run): void {
  const arenas = run(
    cases.map((one) => withScratch(one, kernelsOf)),
    kernelsOf,
  );
  cases.forEach((one, index) => {
    expect(arenas[index]!.subarray(0, one.arena.length), describeCase(one)).toEqual(runInTypeScript(one));
  });
}

/** Cases that the family has kernels for. */
function drawCases(family: Family, kernelsOf: KernelsOf): readonly LayerCase[] {
  return family.kinds.flatMap((kind) =>
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
