import { execa } from 'execa';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SweepReport } from '../../src/report/sweep-report.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { diagnosticsOf, quantmcu } from '../support/command-line.ts';
import { npyFile } from '../support/memory-files.ts';
import { Network } from '../support/network.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

const SAMPLES = 12;
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-explore-'));
const model = path.join(folder, 'net.tflite');
const calibration = path.join(folder, 'calibration.npy');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

beforeAll(() => {
  const net = new Network('float32', 1);
  const first = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3], activation: 'relu' });
  const last = net.conv(first, 6, { kernel: [3, 3], stride: [2, 2], activation: 'relu' });
  writeFileSync(model, net.write([net.softmax(net.dense(net.mean(last), 4))]));
  const random = mulberry32(7);
  const values = Float32Array.from({ length: SAMPLES * 8 * 8 * 3 }, () => 2 * random() - 1);
  writeFileSync(calibration, npyFile('<f4', [SAMPLES, 8, 8, 3], values));
});

/** A sweep of four points, of which the two with a byte of RAM fail. */
function sweepArgs(out: string, ...more: readonly string[]): string[] {
  return [
    ...['explore', model, '--target', 'cortex-m4', '--calibration', calibration, '--out', out],
    ...['--sweep-method', 'int8', '--sweep-schedule', 'layer,stream', '--sweep-max-ram', 'none,1'],
    ...more,
  ];
}

const NAMES = ['frontier.csv', 'frontier.html', 'frontier.json'];
const filesOf = (out: string): readonly string[] =>
  NAMES.map((name) => readFileSync(path.join(out, name), 'utf8'));
const pointsOf = (out: string): readonly string[] =>
  existsSync(path.join(out, 'points')) ? readdirSync(path.join(out, 'points')) : [];

describeOnHost('explore', () => {
  const whole = path.join(folder, 'whole');
  let report: SweepReport;
  beforeAll(async () => {
    const ran = await quantmcu(...sweepArgs(whole), '--json');
    expect(ran.exitCode, ran.err).toBe(0);
    report = JSON.parse(ran.out) as SweepReport;
  });

  it('tells what every point takes, and why those that fail do', () => {
    expect(report.points.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'int8, layer: done',
      'int8, layer, RAM ≤ 1: failed',
      'int8, stream: done',
      'int8, stream, RAM ≤ 1: failed',
    ]);
    for (const { status, figures, diagnostics, exitCode, onFrontier } of report.points) {
      if (status === 'failed') {
        expect(exitCode).toBe(3);
        expect(diagnostics[0]!.code).toBe('QM401');
        expect(onFrontier).toBe(false);
      } else {
        // A quarter of the calibration inputs.
        expect(figures!.quality!.n).toBe(SAMPLES / 4);
        expect(figures!.quality!.kl).toBeGreaterThan(0);
        expect(figures!.bitOps).toBeGreaterThan(0);
      }
    }
    expect(JSON.parse(filesOf(whole)[2]!)).toEqual(report);
    expect(filesOf(whole).join('')).not.toContain(folder);
  });

  it('computes nothing twice, and joins shards to the same bytes', async () => {
    const out = path.join(folder, 'shards');
    const nothing = await quantmcu(...sweepArgs(out, '--merge'));
    expect(nothing.exitCode, nothing.err).toBe(0);
    expect(nothing.err).toContain('QM720');
    expect(pointsOf(out)).toEqual([]);
    for (const [share, points] of [
      ['1/3', 2],
      ['2/3', 3],
      ['3/3', 4],
    ] as const) {
      const ran = await quantmcu(...sweepArgs(out, '--shard', share, '--jobs', '1'));
      expect(ran.exitCode, ran.err).toBe(0);
      expect(pointsOf(out)).toHaveLength(points);
    }
    const times = pointsOf(out).map((name) => statSync(path.join(out, 'points', name)).mtimeMs);
    const merged = await quantmcu(...sweepArgs(out, '--merge'));
    expect(merged.exitCode, merged.err).toBe(0);
    expect(filesOf(out)).toEqual(filesOf(whole));
    const again = await quantmcu(...sweepArgs(out));
    expect(again.exitCode, again.err).toBe(0);
    expect(filesOf(out)).toEqual(filesOf(whole));
    expect(pointsOf(out).map((name) => statSync(path.join(out, 'points', name)).mtimeMs)).toEqual(times);
  });

  it('goes on where it was killed', async () => {
    const out = path.join(folder, 'killed');
    const main = path.resolve(import.meta.dirname, '../../src/cli/main.ts');
    const child = execa(process.execPath, ['--import', 'tsx', main, ...sweepArgs(out, '--jobs', '1')], {
      reject: false,
    });
    while (pointsOf(out).length === 0 && child.exitCode === null) await pause(20);
    child.kill('SIGKILL');
    await child;
    const kept = pointsOf(out);
    expect(kept.length).toBeGreaterThan(0);
    expect(existsSync(path.join(out, 'frontier.json'))).toBe(false);
    const ran = await quantmcu(...sweepArgs(out));
    expect(ran.exitCode, ran.err).toBe(0);
    expect(filesOf(out)).toEqual(filesOf(whole));
  });

  it('refuses a folder of another sweep', async () => {
    const ran = await quantmcu(...sweepArgs(whole, '--limit', '8', '--json'));
    expect(ran.exitCode).toBe(1);
    expect(diagnosticsOf(ran)[0]).toMatchObject({ code: 'QM604' });
    expect(diagnosticsOf(ran)[0]!.message).toContain('options');
  });

  it('ends as its points do where all of them fail', async () => {
    const ran = await quantmcu(
      ...['explore', model, '--target', 'cortex-m4', '--calibration', calibration, '--json'],
      ...['--out', path.join(folder, 'failing'), '--method', 'int8', '--sweep-max-ram', '1,2'],
    );
    expect(ran.exitCode).toBe(3);
    expect((JSON.parse(ran.out) as SweepReport).points.every(({ status }) => status === 'failed')).toBe(true);
  });

  it.each([
    ['a share beyond the last', 'QM703', ['--shard', '3/2']],
    ['no process at all', 'QM703', ['--jobs', '0']],
    ['an unknown schedule', 'QM703', ['--sweep-schedule', 'layer,backwards']],
    ['a share of a merge', 'QM719', ['--shard', '1/2', '--merge']],
  ])('refuses %s', async (_what, code, more) => {
    const out = path.join(folder, 'refused');
    const ran = await quantmcu(
      ...['explore', model, '--target', 'cortex-m4', '--calibration', calibration, '--out', out],
      ...[...more, '--json'],
    );
    expect(ran.exitCode).toBe(2);
    expect(diagnosticsOf(ran)[0]!.code).toBe(code);
    expect(existsSync(out)).toBe(false);
  });

  it('says before the first point what is wrong with all of them', async () => {
    const out = path.join(folder, 'bare');
    const ran = await quantmcu('explore', model, '--target', 'cortex-m4', '--out', out, '--json');
    expect(ran.exitCode).toBe(1);
    expect(diagnosticsOf(ran)[0]!.code).toBe('QM312');
    expect(existsSync(out)).toBe(false);
  });
});

describeOnQemu('explore --verify', () => {
  it('compares what the firmware was measured to take', async () => {
    const labels = path.join(folder, 'labels.npy');
    writeFileSync(
      labels,
      npyFile(
        '|u1',
        [SAMPLES],
        Uint8Array.from({ length: SAMPLES }, (_, i) => i % 4),
      ),
    );
    const ran = await quantmcu(
      ...['explore', model, '--target', 'cortex-m4', '--calibration', calibration, '--verify', '--json'],
      ...['--out', path.join(folder, 'verified'), '--sweep-method', 'int8,search', '--max-kl', '1'],
      ...['--data', calibration, '--labels', labels, '--cache', path.join(folder, 'cache')],
    );
    expect(ran.exitCode, ran.err).toBe(0);
    const { comparedBy, isMeasured, points } = JSON.parse(ran.out) as SweepReport;
    expect(comparedBy).toContain('drop');
    expect(isMeasured).toBe(true);
    expect(points.map(({ status }) => status)).toEqual(['done', 'done']);
    for (const { figures } of points) {
      expect(figures!.quality!.n).toBe(SAMPLES);
      expect(figures!.measured!.ramBytes).toBeGreaterThan(figures!.arenaBytes);
    }
    expect(points[1]!.figures!.bitOps).toBeLessThan(points[0]!.figures!.bitOps);
  });
});
