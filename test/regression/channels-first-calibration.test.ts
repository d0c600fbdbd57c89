import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { SweepReport } from '../../src/report/sweep-report.ts';
import { quantmcu } from '../support/command-line.ts';
import { npyFile } from '../support/memory-files.ts';
import { Network } from '../support/network.ts';
import { describeOnHost } from '../support/tools.ts';

const SAMPLES = 12;
const SHAPE = [3, 6, 8] as const;

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-channels-first-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** `explore` refused (QM303) calibration inputs in the order of a channels-first export, which `compile` takes. */
describeOnHost('calibration inputs with the channels first', () => {
  it('are taken by explore as by compile', async () => {
    const [model, calibration] = [path.join(folder, 'net.tflite'), path.join(folder, 'calibration.npy')];
    const net = new Network('float32', 1);
    const image = net.transpose(net.input([1, ...SHAPE]), [0, 2, 3, 1]);
    writeFileSync(
      model,
      net.write([net.dense(net.mean(net.conv(image, 4, { kernel: [3, 3], activation: 'relu' })), 3)]),
    );
    const values = Float32Array.from({ length: SAMPLES * 3 * 6 * 8 }, (_, i) => Math.sin(i));
    writeFileSync(calibration, npyFile('<f4', [SAMPLES, ...SHAPE], values));
    const given = [model, '--target', 'host', '--calibration', calibration, '--json'];

    const compiled = await quantmcu('compile', ...given, '--out', path.join(folder, 'c'));
    expect(compiled.exitCode, compiled.err + compiled.out).toBe(0);
    const sweep = ['--sweep-method', 'int8', '--out', path.join(folder, 'sweep')];
    const explored = await quantmcu('explore', ...given, ...sweep);
    expect(explored.exitCode, explored.err + explored.out).toBe(0);
    const { points } = JSON.parse(explored.out) as SweepReport;
    expect(points.map(({ status }) => status)).toEqual(['done']);
  });
});
