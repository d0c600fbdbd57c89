import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { noFeedback } from '../../src/host/feedback.ts';
import { accountBitOps } from '../../src/ir/bitops.ts';
import type { QuantModel } from '../../src/ir/quant-model.ts';
import { quantizeModel, type QuantizeOptions } from '../../src/quant/quantize-model.ts';
import { collectStatistics, type CalibrationStatistics } from '../../src/quant/statistics.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { splitInputs } from '../../src/search/quantize-by-search.ts';
import { widthChoices, widthCosts, widthOptions, type WidthChoice } from '../../src/search/widths/choices.ts';
import { descend } from '../../src/search/widths/descend.ts';
import type { Footprint } from '../../src/search/widths/footprint.ts';
import { compareScores, holdOut } from '../../src/search/widths/quality.ts';
import { searchWidths, type WidthBudgets, type WidthSearch } from '../../src/search/widths/search.ts';
import { measureSensitivities } from '../../src/search/widths/sensitivity.ts';
import { range } from '../../src/util/math.ts';
import { floatModel, sampleOf, SAMPLES, sharpened } from '../support/float-models.ts';

const options: QuantizeOptions = {
  rounding: 'single',
  rawTypes: ['float'],
  preprocessing: { mean: [0], std: [1] },
};
const graph = sharpened(floatModel(), 40);
const choices = widthChoices(graph, { bits: [8, 4, 2], weightBits: 4 });

let statistics: CalibrationStatistics;
let folder = '';
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-test-'));
  statistics = await collectStatistics(graph, SAMPLES, (i) => [sampleOf(graph, i)], undefined, {
    byChannel: true,
  });
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe('the choices of a network', () => {
  it('are all maps but the ports, and all weights', () => {
    const ports = [graph.inputs[0]!.tensor, graph.outputs[0]!.tensor];
    const maps = choices.flatMap((choice) => (choice.kind === 'maps' ? choice.tensors : []));
    expect([...maps, ...ports].sort((a, b) => a - b)).toEqual(graph.tensors.map(({ id }) => id));
    expect(choices.filter(({ kind }) => kind === 'weights')).toHaveLength(
      graph.nodes.filter((node) => 'weights' in node).length,
    );
  });

  it('cost the BitOPs that the quantized network is accounted', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(4), { minLength: choices.length, maxLength: choices.length }), (picks) => {
        const widths = choices.map(({ widths: own }, i) => [8, ...own][picks[i]! % (own.length + 1)]!);
        const model = quantizeModel(graph, statistics, { ...options, ...widthOptions(choices, widths) });
        const costs = widthCosts(graph, choices);
        expect(accountBitOps(model, scheduleByLayers(model), []).bitOps).toBe(costs.bitOps(widths));
        choices.forEach((choice, index) => {
          const narrow = choice.widths.at(-1)!;
          const after = widths.map((width, i) => (i === index ? narrow : width));
          expect(costs.bitOpsSaved(widths, index, narrow)).toBe(costs.bitOps(widths) - costs.bitOps(after));
        });
      }),
      { numRuns: 20 },
    );
  });
});

describe('the descent', () => {
  const two: readonly WidthChoice[] = [
    { kind: 'weights', node: 0, widths: [6, 4] },
    { kind: 'weights', node: 1, widths: [6, 4] },
  ];
  const losses = [
    new Map([
      [6, 1],
      [4, 8],
    ]),
    new Map([
      [6, 3],
      [4, 4],
    ]),
  ];

  it('takes least loss for what it saves, over one step or two', () => {
    const stages = descend(
      two,
      losses,
      { widths: [8, 8], loss: 0 },
      (widths, index, width) => widths[index]! - width,
    );
    // 1/2, then 4/4 (both steps of the second at once, which is less than 3/2), then 7/2.
    expect(stages.map(({ widths }) => widths)).toEqual([
      [8, 8],
      [6, 8],
      [6, 4],
      [4, 4],
    ]);
    expect(stages.map(({ loss }) => loss)).toEqual([0, 1, 5, 12]);
  });

  it('goes nowhere where nothing is saved', () => {
    expect(descend(two, losses, { widths: [8, 8], loss: 0 }, () => 0)).toHaveLength(1);
  });
});

describe('quality', () => {
  const float = [Float32Array.of(0.7, 0.2, 0.1), Float32Array.of(0.4, 0.35, 0.25)];
  const quantized = [Float32Array.of(0.6, 0.3, 0.1), Float32Array.of(0.35, 0.4, 0.25)];

  it('counts what labels say, and expects what scores say', () => {
    const known = compareScores(float, quantized, [0, 1]);
    expect(known).toMatchObject({ n: 2, agreement: 0.5, drop: -50, dropStdErr: 50, dropBy: 'labels' });
    const unknown = compareScores(float, quantized, null);
    expect(unknown.dropBy).toBe('scores');
    expect(unknown.drop).toBeCloseTo((100 * (0.4 - 0.35)) / 2, 4);
    expect(unknown.kl).toBeCloseTo(known.kl, 12);
  });

  it('of a network with itself is perfect', () => {
    expect(compareScores(float, float, null)).toMatchObject({ agreement: 1, drop: 0 });
    expect(compareScores(float, float, null).kl).toBeCloseTo(0, 12);
  });
});

describe('calibration inputs', () => {
  it('are held out of the search, a quarter of them', () => {
    const { training, held } = splitInputs(10);
    expect(held).toEqual([3, 7]);
    expect([...training, ...held].sort((a, b) => a - b)).toEqual(range(10));
    expect(splitInputs(4).held).toEqual(range(4));
  });
});

/** A search on the network above, its RAM a function of the widths alone. */
async function searchFor(budgets: Partial<WidthBudgets>): Promise<WidthSearch> {
  const sample = (i: number): Float32Array => sampleOf(graph, i);
  const footprintOf = (model: QuantModel): Footprint => {
    const maps = model.maps.slice(1, 3);
    const bytes = (map: (typeof maps)[number]): number =>
      (map.shape.h * map.shape.w * map.shape.c * map.affine.bits) / 8;
    const constantBytes = model.layers.reduce(
      (total, layer) =>
        total + ('weights' in layer ? (layer.weights.data.length * layer.weights.bits) / 8 : 0),
      0,
    );
    return {
      arenaBytes: maps.reduce((total, map) => total + bytes(map), 0),
      constantBytes,
      liveAtPeak: [1, 2],
    };
  };
  return {
    base: { graph, statistics, options },
    source: { graph, statistics, options, inputs: { count: SAMPLES, sample }, recipes: [['bias']] },
    heldOut: await holdOut(graph, [8, 9, 10, 11].map(sample), null),
    limits: { bits: [8, 4, 2], weightBits: 4 },
    budgets: {
      maxRam: null,
      maxFlash: null,
      minBitopsReduction: null,
      maxKl: null,
      maxDrop: null,
      ...budgets,
    },
    footprintOf,
    cacheFolder: folder,
  };
}

const reductionOf = (model: QuantModel): number => {
  const { layer8, bitOps } = accountBitOps(model, scheduleByLayers(model), []);
  return layer8 / bitOps;
};

describe('a search', () => {
  it('meets a budget on BitOPs, and does the same twice', async () => {
    const search = await searchFor({ minBitopsReduction: 2 });
    const first = await searchWidths(search, noFeedback);
    expect(reductionOf(first.model)).toBeGreaterThanOrEqual(2);
    expect(reductionOf(first.model)).toBeLessThan(2.6);
    expect(await searchWidths(search, noFeedback)).toEqual(first);
  });

  it('meets budgets on memory, and narrows no more than they ask for', async () => {
    const eight = (await searchFor({})).footprintOf(quantizeModel(graph, statistics, options));
    const maxRam = Math.floor(0.8 * eight.arenaBytes);
    const maxFlash = Math.floor(0.9 * eight.constantBytes);
    const search = await searchFor({ maxRam, maxFlash });
    const { model } = await searchWidths(search, noFeedback);
    const { arenaBytes, constantBytes } = search.footprintOf(model);
    expect(arenaBytes).toBeLessThanOrEqual(maxRam);
    expect(constantBytes).toBeLessThanOrEqual(maxFlash);
    expect(model.maps.slice(3).every((map) => map.affine.bits === 8)).toBe(true);
  });

  it('goes as far as a limit on divergence lets it', async () => {
    const at = async (maxKl: number): Promise<number> => {
      const { model, summary } = await searchWidths(await searchFor({ maxKl }), noFeedback);
      expect(summary.quality.kl).toBeLessThanOrEqual(maxKl);
      return reductionOf(model);
    };
    const [tight, loose] = [await at(0.0005), await at(0.2)];
    expect(loose).toBeGreaterThan(tight);
  });

  it('names what holds it up', async () => {
    const failing = async (budgets: Partial<WidthBudgets>): Promise<unknown> =>
      searchWidths(await searchFor(budgets), noFeedback).catch((error: unknown) => error);
    expect(await failing({ maxRam: 10 })).toMatchObject({ diagnostics: [{ code: 'QM421' }] });
    expect(await failing({ maxFlash: 10 })).toMatchObject({ diagnostics: [{ code: 'QM422' }] });
    expect(await failing({ minBitopsReduction: 60 })).toMatchObject({ diagnostics: [{ code: 'QM423' }] });
    expect(await failing({ minBitopsReduction: 3, maxKl: 1e-7 })).toMatchObject({
      diagnostics: [{ code: 'QM424' }],
    });
  });
});

describe('a limit on top-1 lost', () => {
  /** A search by inputs of which the network, as it is told, should have said something else with all its might. */
  async function misled(budgets: Partial<WidthBudgets>, labels: readonly number[] | null): Promise<unknown> {
    const search = await searchFor(budgets);
    const scores = search.heldOut.scores.map((own) => {
      const worst = own.indexOf(Math.min(...own));
      return own.map((_, i) => (i === worst ? 1 : 0));
    });
    const heldOut = { ...search.heldOut, scores, labels };
    return searchWidths({ ...search, heldOut }, noFeedback).catch((error: unknown) => error);
  }
  const worstOf = async (): Promise<readonly number[]> =>
    (await searchFor({})).heldOut.scores.map((own) => own.indexOf(Math.min(...own)));

  it('lets nothing pass that loses more, by labels or by scores', async () => {
    for (const labels of [null, await worstOf()]) {
      const by = labels === null ? 'scores' : 'labels';
      expect(await misled({ maxDrop: 5 }, labels)).toMatchObject({
        diagnostics: [{ code: 'QM424', place: { path: '--max-drop' } }],
        message: expect.stringContaining(
          `a drop of 100.00 points (by ${by}) on 4 held-out inputs, above 5`,
        ) as unknown,
      });
    }
  });

  it('goes as far as it lets it', async () => {
    const search = await searchFor({ maxDrop: 5 });
    const { model, summary } = await searchWidths(search, noFeedback);
    expect(summary.quality.drop).toBeLessThanOrEqual(5);
    expect(reductionOf(model)).toBeGreaterThan(1);
    const counted = { ...search.heldOut, labels: await worstOf() };
    const blind = await searchWidths({ ...search, heldOut: counted }, noFeedback);
    expect(blind.summary.quality).toMatchObject({ dropBy: 'labels' });
    expect(reductionOf(blind.model)).toBeGreaterThanOrEqual(reductionOf(model));
  });

  it('is named where it is exceeded by more than the limit on divergence, and the other way round', async () => {
    const pathOf = (error: unknown): unknown =>
      (error as { diagnostics: { place: unknown }[] }).diagnostics[0]!.place;
    expect(pathOf(await misled({ maxKl: 3, maxDrop: 1 }, null))).toEqual({ path: '--max-drop' });
    expect(pathOf(await misled({ maxKl: 1e-3, maxDrop: 99 }, null))).toEqual({ path: '--max-kl' });
  });
});

describe('sensitivities', () => {
  const measure = async (cacheFolder: string) =>
    measureSensitivities(
      { graph, statistics, options },
      { count: SAMPLES, sample: (i) => sampleOf(graph, i) },
      choices,
      cacheFolder,
      noFeedback,
    );

  it('rise as widths fall, and go on from what was kept', async () => {
    const own = mkdtempSync(path.join(folder, 'sensitivities-'));
    const first = await measure(own);
    for (const losses of first) {
      const values = [...losses.values()];
      expect(values).toEqual([...values].sort((a, b) => a - b));
    }
    const file = path.join(own, readdirSync(own)[0]!);
    const text = readFileSync(file, 'utf8');
    const kept = JSON.parse(text) as Record<string, number>[];
    // A run that was cut off: some of a batch is missing.
    const cut = kept.map((batch) => Object.fromEntries(Object.entries(batch).slice(0, 5)));
    writeFileSync(file, JSON.stringify(cut));
    expect(await measure(own)).toEqual(first);
    expect(JSON.parse(readFileSync(file, 'utf8'))).toEqual(kept);
    writeFileSync(file, text.slice(0, 40));
    expect(await measure(own)).toEqual(first);
  });
});
