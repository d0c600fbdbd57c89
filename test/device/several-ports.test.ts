import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { EvaluateReport } from '../../src/report/evaluate-report.ts';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { diagnosticsOf, quantmcu } from '../support/command-line.ts';
import { npyFile } from '../support/memory-files.ts';
import { Network } from '../support/network.ts';
import { describeOnHost } from '../support/tools.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-ports-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** A file of `count` inputs of 6x5x3 values in −scale … scale. */
function writeInputs(name: string, count: number, scale: number): string {
  const random = mulberry32(count);
  const values = Float32Array.from({ length: count * 6 * 5 * 3 }, () => scale * (2 * random() - 1));
  const file = path.join(folder, name);
  writeFileSync(file, npyFile('<f4', [count, 6, 5, 3], values));
  return file;
}

/** Two inputs that are added, and two outputs: the sum and a convolution of it. */
function writeModel(type: 'int8' | 'float32'): string {
  const net = new Network(type, 1);
  const sum = net.add(net.input([1, 6, 5, 3]), net.input([1, 6, 5, 3]));
  const file = path.join(folder, `ports.${type}.tflite`);
  writeFileSync(file, net.write([sum, net.conv(sum, 4, { kernel: [3, 3] })]));
  return file;
}

describeOnHost('a model of several inputs and outputs', () => {
  it('is compiled and run, every row equal to the integer executor', async () => {
    const out = path.join(folder, 'compiled');
    const compiled = await quantmcu('compile', writeModel('int8'), '--target', 'cortex-m4', '--out', out);
    expect(compiled.exitCode, compiled.err).toBe(0);
    const ran = await quantmcu('verify', out, '--on', 'host', '--per-layer', '--json');
    expect(ran.exitCode, ran.err + ran.out).toBe(0);
    expect(JSON.parse(ran.out) as VerifyReport).toMatchObject({ bitExact: true, mismatches: 0 });
  });

  it('needs a file for each input', async () => {
    const out = path.join(folder, 'compiled');
    const ran = await quantmcu('verify', out, '--on', 'host', '--inputs', 'one.npy', '--json');
    expect(diagnosticsOf(ran).map(({ code }) => code)).toEqual(['QM740']);
  });

  it('of floats is calibrated on inputs that belong together, and scored on them', async () => {
    const out = path.join(folder, 'calibrated');
    const both = [writeInputs('a.npy', 24, 1), writeInputs('b.npy', 24, 8)].join();
    const target = ['--target', 'cortex-m4', '--out', out];
    const compiled = await quantmcu('compile', writeModel('float32'), ...target, '--calibration', both);
    expect(compiled.exitCode, compiled.err).toBe(0);
    const report = path.join(folder, 'report');
    const wanted = ['--per-layer', '--report', report, '--json'];
    const ran = await quantmcu('verify', out, '--on', 'host', '--inputs', both, ...wanted);
    expect(ran.exitCode, ran.err + ran.out).toBe(0);
    expect(JSON.parse(ran.out) as VerifyReport).toMatchObject({ bitExact: true, mismatches: 0, inputs: 24 });
    // Each output against the integers, whose figures are perfect, and against the floats, which 8 bits come near.
    const rows = readFileSync(path.join(report, 'validation.csv'), 'utf8')
      .split('\n')
      .map((line) => line.split(','));
    const figure = (row: readonly string[], name: string): number => Number(row[rows[0]!.indexOf(name)]);
    const outputs = rows.filter(([, kind]) => kind === 'output');
    expect(outputs.map(([, , against]) => against)).toEqual(['float', 'integer', 'float', 'integer']);
    for (const row of outputs) {
      expect(figure(row, 'nse')).toBeGreaterThan(row[2] === 'integer' ? 0.9999999 : 0.99);
    }
    const scored = await quantmcu('evaluate', out, '--data', both, '--json');
    expect(scored.exitCode, scored.err).toBe(0);
    const { n, kl } = JSON.parse(scored.out) as EvaluateReport;
    expect(n).toBe(24);
    // The second input would be clipped to an eighth if the first one's range were taken for both.
    expect(kl).toBeLessThan(0.5);
  });

  it('is refused where files do not go together, or a method searches widths', async () => {
    const [a, b, c] = [writeInputs('a.npy', 24, 1), writeInputs('b.npy', 24, 8), writeInputs('c.npy', 9, 8)];
    const out = ['--target', 'cortex-m4', '--out', path.join(folder, 'none'), '--json'];
    for (const [code, calibration, ...flags] of [
      ['QM740', a],
      ['QM741', [a, c].join()],
      ['QM707', [a, b].join(), '--method', 'search'],
      ['QM707', [a, b].join(), '--method', 'quantmcu'],
    ] as const) {
      const args = ['--calibration', calibration, ...out, ...flags];
      const ran = await quantmcu('compile', writeModel('float32'), ...args);
      expect(
        diagnosticsOf(ran)
          .map((found) => found.code)
          .filter((found) => found !== 'QM308'),
      ).toEqual([code]);
    }
  });

  it('is refused where rows are pushed or pulled', async () => {
    for (const [type, ...flags] of [
      ['int8', '--push-rows', '--schedule', 'stream'],
      ['int8', '--pull-rows', '--schedule', 'stream'],
    ] as const) {
      const args = ['--target', 'cortex-m4', '--out', path.join(folder, 'none'), '--json', ...flags];
      const ran = await quantmcu('compile', writeModel(type), ...args);
      expect(diagnosticsOf(ran).map(({ code }) => code)).toEqual(['QM707']);
    }
  });
});
