import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { EvaluateReport } from '../../src/report/evaluate-report.ts';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { quantmcu } from '../support/command-line.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

const example = path.resolve(import.meta.dirname, '../../examples/shapes');
const run = JSON.parse(readFileSync(path.join(example, 'run.json'), 'utf8')) as {
  expected: { macs: number; floatTop1: number };
};
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-example-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The example's maps at its widest layer, kept whole: 32x32x48 in, 16x16x48 out. */
const WHOLE_MAPS_BYTES = 61_440;

async function compileFor(target: string, ...more: readonly string[]): Promise<string> {
  const out = path.join(folder, target);
  const ran = await quantmcu(
    ...['compile', path.join(example, 'model.tflite'), '--target', target, '--out', out, '--json'],
    ...['--calibration', path.join(example, 'calibration.npy'), '--mean', '127.5', '--std', '127.5'],
    ...more,
  );
  expect(ran.exitCode, ran.err).toBe(0);
  expect((JSON.parse(ran.out) as { macs: number }).macs).toBe(run.expected.macs);
  return out;
}

async function verifyOn(out: string, ...more: readonly string[]): Promise<VerifyReport> {
  const ran = await quantmcu(
    ...[
      'verify',
      out,
      '--inputs',
      path.join(example, 'test'),
      '--limit',
      '1',
      '--per-layer',
      '--json',
      ...more,
    ],
  );
  expect(ran.exitCode, ran.err + ran.out).toBe(0);
  return JSON.parse(ran.out) as VerifyReport;
}

describeOnQemu('the bundled example, float to C, every row of every layer', () => {
  it.each(['cortex-m0', 'cortex-m3', 'cortex-m4', 'cortex-m7', 'cortex-m33', 'cortex-m55'])(
    'on %s',
    async (target) => {
      const report = await verifyOn(await compileFor(target));
      expect(report).toMatchObject({ on: 'qemu', target, inputs: 1, bitExact: true, mismatches: 0 });
      expect(report.compared).toBeGreaterThan(200_000);
      const { perInference, perLayer } = report.instructions!;
      const byLayer = perLayer.reduce((total, layer) => total + layer.instructions, 0);
      // Between the layers there is the tape's player only.
      expect(byLayer).toBeLessThan(perInference * 1.005);
      expect(byLayer).toBeGreaterThan(perInference * 0.98);
      expect(report.ram!.arena).toBeLessThanOrEqual(WHOLE_MAPS_BYTES);
    },
  );
});

describeOnHost('the bundled example on this computer', () => {
  it('takes less memory where rows may replace rows', async () => {
    const out = await compileFor('host', '--optimize', 'size');
    const manifest = JSON.parse(readFileSync(path.join(out, 'quantmcu.json'), 'utf8')) as {
      memory: { arenaBytes: number };
    };
    expect(manifest.memory.arenaBytes).toBeLessThan(0.85 * WHOLE_MAPS_BYTES);
    expect(await verifyOn(out)).toMatchObject({ bitExact: true });
  });

  it('is bit-exact and as accurate as the float model to half a point', async () => {
    const out = await compileFor('host');
    expect(await verifyOn(out)).toMatchObject({ on: 'host', bitExact: true });
    const ran = await quantmcu(
      ...[
        'evaluate',
        out,
        '--data',
        path.join(example, 'test'),
        '--labels',
        path.join(example, 'test-labels.npy'),
        '--json',
      ],
    );
    const report = JSON.parse(ran.out) as EvaluateReport;
    expect(report.n).toBe(250);
    expect(report.top1.float).toBeCloseTo(run.expected.floatTop1, 6);
    expect(report.drop).toBeLessThanOrEqual(0.5);
    expect(report.agreement).toBeGreaterThanOrEqual(0.99);
  });

  it('gives the same bytes every time', async () => {
    const manifest = async (): Promise<string> =>
      readFileSync(path.join(await compileFor('cortex-m4'), 'quantmcu.json'), 'utf8');
    const first = await manifest();
    expect(first).toContain('sha256');
    expect(await manifest()).toBe(first);
  });

  it('says so when the C computes something else', async () => {
    const out = await compileFor('host');
    const weights = path.join(out, 'model_weights.c');
    const intact = readFileSync(weights, 'utf8');
    const damaged = intact.replace(
      /(dense_\d+_bias\[\d+\] = \{\s*)-?\d+/,
      (_, start: string) => `${start}999999`,
    );
    expect(damaged).not.toBe(intact);
    writeFileSync(weights, damaged);
    const ran = await quantmcu('verify', out, '--limit', '2', '--json');
    expect(ran.exitCode).toBe(4);
    const report = JSON.parse(ran.out) as VerifyReport;
    expect(report.bitExact).toBe(false);
    expect(report.firstMismatch).not.toBeNull();
  });
});
