import { execa } from 'execa';
import { cpSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { SweepReport } from '../../src/report/sweep-report.ts';
import { npyFile } from '../support/memory-files.ts';
import { Network } from '../support/network.ts';
import { describeOnHost } from '../support/tools.ts';

const ROOT = path.resolve(import.meta.dirname, '../..');
const SAMPLES = 12;
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-built-'));
const installed = path.join(folder, 'quantmcu');
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** The package as it is installed: what was built, beside what `files` names. */
beforeAll(async () => {
  const tsc = path.join(ROOT, 'node_modules', 'typescript', 'bin', 'tsc');
  const build = ['-p', 'tsconfig.build.json', '--outDir', path.join(installed, 'dist')];
  await execa(process.execPath, [tsc, ...build, '--noCheck', '--declaration', 'false'], { cwd: ROOT });
  for (const part of ['package.json', 'templates', 'targets']) {
    cpSync(path.join(ROOT, part), path.join(installed, part), { recursive: true });
  }
  symlinkSync(path.join(ROOT, 'node_modules'), path.join(installed, 'node_modules'));
});

describeOnHost('the built package', () => {
  it('can be imported by its name', async () => {
    const { exports } = JSON.parse(readFileSync(path.join(installed, 'package.json'), 'utf8')) as {
      exports: { '.': { default: string } };
    };
    const entry = pathToFileURL(path.join(installed, exports['.'].default)).href;
    const script = `const api = await import(${JSON.stringify(entry)}); console.log(Object.keys(api).sort().join(' '))`;
    const { stdout } = await execa(process.execPath, ['--input-type=module', '-e', script]);
    expect(stdout).toBe('DiagnosticError compile compileDefaults evaluate explore noFeedback verify');
  });

  it('explores with its own workers', async () => {
    const [model, calibration] = [path.join(folder, 'net.tflite'), path.join(folder, 'calibration.npy')];
    const net = new Network('float32', 1);
    const first = net.conv(net.input([1, 8, 8, 3]), 4, { kernel: [3, 3], activation: 'relu' });
    writeFileSync(model, net.write([net.softmax(net.dense(net.mean(first), 4))]));
    const values = Float32Array.from({ length: SAMPLES * 8 * 8 * 3 }, (_, i) => Math.sin(i));
    writeFileSync(calibration, npyFile('<f4', [SAMPLES, 8, 8, 3], values));
    const main = path.join(installed, 'dist', 'cli', 'main.js');
    const sweep = ['--sweep-method', 'int8', '--sweep-schedule', 'layer,stream'];
    const { stdout } = await execa(
      process.execPath,
      [
        ...[main, 'explore', model, '--target', 'cortex-m4', '--calibration', calibration, '--json'],
        ...[...sweep, '--out', path.join(folder, 'sweep')],
      ],
      { cwd: folder },
    );
    const { points } = JSON.parse(stdout) as SweepReport;
    expect(points.map(({ name, status }) => `${name}: ${status}`)).toEqual([
      'int8, layer: done',
      'int8, stream: done',
    ]);
  });
});
