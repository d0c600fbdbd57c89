import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { diagnosticsOf, quantmcu } from '../support/command-line.ts';
import { Network } from '../support/network.ts';
import { describeOnHost } from '../support/tools.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-ports-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

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

  it('is refused where one input is calibrated or pushed', async () => {
    for (const [type, ...flags] of [
      ['float32'],
      ['int8', '--push-rows', '--schedule', 'stream'],
      ['int8', '--pull-rows', '--schedule', 'stream'],
    ] as const) {
      const args = ['--target', 'cortex-m4', '--out', path.join(folder, 'none'), '--json', ...flags];
      const ran = await quantmcu('compile', writeModel(type), ...args);
      expect(diagnosticsOf(ran).map(({ code }) => code)).toEqual(['QM707']);
    }
  });
});
