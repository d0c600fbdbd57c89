import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { configSchema } from '../../src/cli/flags.ts';
import { diagnostic, DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { scaleFor, shortNumber } from '../../src/report/chart-scale.ts';
import { renderFrontier } from '../../src/report/frontier-page.ts';
import { frontierCsv, reportSweep, type SweepEntry } from '../../src/report/sweep-report.ts';
import { failedOutcome, isFinal, type Figures, type PointOutcome } from '../../src/sweep/outcome.ts';
import { describePoint, listPoints, shareOf, type Axes } from '../../src/sweep/points.ts';
import { openStore } from '../../src/sweep/store.ts';
import { forEachAtOnce } from '../../src/util/pool.ts';

const ONE: Axes = {
  method: ['int8'],
  schedule: ['layer'],
  optimize: ['balanced'],
  bits: [null],
  weightBits: [null],
  minBitopsReduction: [null],
  maxKl: [null],
  maxRam: [null],
  maxFlash: [null],
  maxInstructions: [null],
};
const POINT = listPoints(ONE)[0]!;

describe('the points of a sweep', () => {
  it('are all combinations, each once', () => {
    const points = listPoints({ ...ONE, schedule: ['layer', 'stream'], maxRam: [null, 1000, 1000] });
    expect(points.map(describePoint)).toEqual([
      'int8, layer',
      'int8, layer, RAM ≤ 1000',
      'int8, stream',
      'int8, stream, RAM ≤ 1000',
    ]);
  });

  it('ask nothing of a method that it has no say in', () => {
    const points = listPoints({
      ...ONE,
      method: ['int8', 'quantmcu', 'search'],
      bits: [[8, 4]],
      minBitopsReduction: [null, 2],
      maxKl: [null, 0.1],
    });
    expect(points.map(describePoint)).toEqual([
      'int8, layer',
      'quantmcu, layer, maps of 8·4 bits',
      'quantmcu, layer, maps of 8·4 bits, BitOPs reduction 2',
      'search, layer, maps of 8·4 bits',
      'search, layer, maps of 8·4 bits, KL ≤ 0.1',
      'search, layer, maps of 8·4 bits, BitOPs reduction 2',
      'search, layer, maps of 8·4 bits, BitOPs reduction 2, KL ≤ 0.1',
    ]);
  });

  it('are shared out without gap or overlap', () => {
    const all = Array.from({ length: 11 }, (_, i) => i);
    const shares = [1, 2, 3].map((index) => shareOf(all, { index, count: 3 }));
    expect(shares.map((share) => share.length)).toEqual([4, 4, 3]);
    expect(shares.flat().sort((a, b) => a - b)).toEqual(all);
  });

  it('are read from lists of values', () => {
    const parsed = configSchema.parse({
      sweepSchedule: 'layer, auto',
      sweepBits: 'none,8+4',
      sweepMaxRam: ['64K', 'none', 1000],
      shard: '2/3',
    });
    expect(parsed).toEqual({
      sweepSchedule: ['layer', 'auto'],
      sweepBits: [null, [8, 4]],
      sweepMaxRam: [65536, null, 1000],
      shard: { index: 2, count: 3 },
    });
  });

  it.each([
    ['sweepSchedule', 'layer,none'],
    ['sweepSchedule', ''],
    ['sweepMaxRam', []],
    ['sweepMaxRam', 'lots'],
    ['shard', '3/2'],
    ['shard', '0/2'],
    ['shard', '2'],
    ['jobs', 0],
  ])('are refused as %s = %j', (key, value) => {
    expect(configSchema.safeParse({ [key]: value }).success).toBe(false);
  });
});

const FIGURES: Figures = {
  method: 'int8',
  segments: ['layer'],
  arenaBytes: 1000,
  constantBytes: 5000,
  instructions: 100_000,
  macs: 40_000,
  bitOps: 2_560_000,
  bitOpsReduction: 1,
  measured: null,
  quality: { n: 4, floatTop1: null, top1: null, drop: null, dropStdErr: null, agreement: 1, kl: 0.001 },
};
const done = (figures: Partial<Figures>): PointOutcome => ({
  status: 'done',
  figures: { ...FIGURES, ...figures },
});
const overBudget = failedOutcome(3, [diagnostic('QM422', { path: 'a' }, { asked: 1, reached: 2 })]);

describe('the folder of a sweep', () => {
  let folder = '';
  beforeAll(() => {
    folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-test-'));
  });
  afterAll(() => {
    rmSync(folder, { recursive: true });
  });
  const codeOf = async (work: Promise<unknown>): Promise<string> => {
    const error = await work.then(
      () => null,
      (thrown: unknown) => thrown,
    );
    return error instanceof DiagnosticError ? error.message : '';
  };

  it('keeps outcomes, and takes what is damaged for missing', async () => {
    const out = path.join(folder, 'kept');
    const store = await openStore(out, '1', { model: 'a' });
    expect(await store.read(POINT)).toBeNull();
    await store.write(POINT, overBudget);
    const again = await openStore(out, '1', { model: 'a' });
    expect(await again.read(POINT)).toEqual(overBudget);
    expect(await again.read({ ...POINT, maxRam: 1 })).toBeNull();
    const [file] = readdirSync(path.join(out, 'points'));
    writeFileSync(path.join(out, 'points', file!), '{"outcome":');
    expect(await again.read(POINT)).toBeNull();
  });

  it('is that of one subject', async () => {
    const out = path.join(folder, 'subject');
    await openStore(out, '1', { model: 'a', data: null });
    expect(await codeOf(openStore(out, '1', { model: 'b', data: null }))).toMatch(
      /^QM604.*differs in model$/,
    );
    expect(await codeOf(openStore(out, '2', { model: 'a', data: 1 }))).toMatch(/toolVersion, data$/);
  });

  it('is left alone where it is not one', async () => {
    const out = path.join(folder, 'other');
    await openStore(out, '1', {});
    const file = path.join(folder, 'file');
    writeFileSync(file, 'mine');
    expect(await codeOf(openStore(folder, '1', {}))).toMatch(/^QM602/);
    expect(await codeOf(openStore(file, '1', {}))).toMatch(/^QM602/);
    expect(readFileSync(file, 'utf8')).toBe('mine');
  });

  it('keeps no failure that another try may mend', () => {
    expect(isFinal(overBudget)).toBe(true);
    expect(isFinal(failedOutcome(3, [diagnostic('QM508')]))).toBe(true);
    expect(isFinal(failedOutcome(1, [diagnostic('QM314'), diagnostic('QM713')]))).toBe(true);
    expect(isFinal(failedOutcome(1, [diagnostic('QM536')]))).toBe(false);
    expect(isFinal(failedOutcome(1, [diagnostic('QM601')]))).toBe(false);
  });
});

describe('the report of a sweep', () => {
  const entriesOf = (...outcomes: readonly (PointOutcome | null)[]): readonly SweepEntry[] =>
    outcomes.map((outcome, i) => ({ key: String(i), options: { ...POINT, maxRam: i }, outcome }));
  const subject = { model: { file: 'net.tflite' }, target: 'cortex-m4' };
  const quality = FIGURES.quality!;

  it('compares what the plan says, and divergence, where there is nothing better', () => {
    const report = reportSweep(
      subject,
      entriesOf(
        done({}),
        done({ arenaBytes: 900 }),
        done({ quality: { ...quality, kl: 0.0001 } }),
        overBudget,
        null,
      ),
    );
    expect(report.comparedBy).toEqual(['kl', 'ramBytes', 'flashBytes', 'bitOps', 'instructions']);
    expect(report.isMeasured).toBe(false);
    expect(report.points.map(({ onFrontier }) => onFrontier)).toEqual([false, true, true, false, false]);
    expect(report.points.map(({ status }) => status)).toEqual(['done', 'done', 'done', 'failed', 'missing']);
    expect(report.points[3]!.diagnostics[0]).toMatchObject({ code: 'QM422', path: 'a' });
  });

  it('compares what was measured, and accuracy, where all points have both', () => {
    const measured = { ramBytes: 2000, flashBytes: 9000, instructions: 120_000 };
    const labelled = { ...quality, floatTop1: 90, top1: 89, drop: 1, dropStdErr: 0.5 };
    const report = reportSweep(subject, entriesOf(done({ measured, quality: labelled })));
    expect(report.isMeasured).toBe(true);
    expect(report.points[0]!.costs).toEqual({ drop: 1, bitOps: 2_560_000, ...measured });
    const mixed = reportSweep(subject, entriesOf(done({ measured, quality: labelled }), done({})));
    expect(mixed.points[0]!.costs).toMatchObject({ kl: 0.001, ramBytes: 1000 });
    const bare = reportSweep(subject, entriesOf(done({ quality: null }), done({})));
    expect(bare.comparedBy).toEqual(['ramBytes', 'flashBytes', 'bitOps', 'instructions']);
  });

  it('is a CSV with one row a point', () => {
    const rows = frontierCsv(reportSweep(subject, entriesOf(done({}), overBudget)))
      .trimEnd()
      .split('\n');
    expect(rows).toHaveLength(3);
    expect(rows[1]).toContain('"int8, layer, RAM ≤ 0",done,1,int8,layer,balanced,');
    expect(rows[2]).toContain('QM422: ');
  });

  it('is a page that asks for nothing else, and shows failures as text', () => {
    const template = readFileSync(
      path.resolve(import.meta.dirname, '../../templates/frontier.html.hbs'),
      'utf8',
    );
    const html = renderFrontier(template, reportSweep(subject, entriesOf(done({}), overBudget, null)));
    expect(html).not.toMatch(/https?:|src=|href=/);
    expect(html).toContain('KL, nats against RAM, bytes');
    expect(html).toContain('failed: --max-flash asks for 1 bytes');
    expect(html).not.toContain('NaN');
    expect(renderFrontier(template, reportSweep(subject, entriesOf(null)))).not.toContain('NaN');
  });
});

describe('the scale of an axis', () => {
  it.each([
    [[3], [3, 4]],
    [[0], [0, 0.2]],
    [
      [10, 47],
      [0, 10, 20, 30, 40, 50],
    ],
    [
      [900, 1000],
      [900, 920, 940, 960, 980, 1000],
    ],
    [
      [-1, 1],
      [-1, -0.5, 0, 0.5, 1],
    ],
    [
      [0.002, 0.4],
      [0.001, 0.01, 0.1, 1],
    ],
  ])('of %j has ticks at %j', (values, ticks) => {
    const scale = scaleFor(values);
    scale.ticks.forEach((tick, i) => {
      expect(tick).toBeCloseTo(ticks[i]!, 9);
    });
    expect(scale.ticks).toHaveLength(ticks.length);
    expect(scale.at(scale.ticks[0]!)).toBeCloseTo(0);
    expect(scale.at(scale.ticks.at(-1)!)).toBeCloseTo(1);
  });

  it('is written short', () => {
    expect([0, 0.05, 950, 65_536, 1_234_567, 2e9].map(shortNumber)).toEqual([
      '0',
      '0.05',
      '950',
      '65.5 K',
      '1.23 M',
      '2 G',
    ]);
  });
});

it('work at once is no more than asked for, and all of it', async () => {
  let running = 0;
  let most = 0;
  const seen: number[] = [];
  await forEachAtOnce([1, 2, 3, 4, 5], 2, async (item) => {
    most = Math.max(most, ++running);
    await new Promise((resolve) => setTimeout(resolve, 5 * item));
    running--;
    seen.push(item);
  });
  expect(most).toBe(2);
  expect(seen.sort()).toEqual([1, 2, 3, 4, 5]);
});
