import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import type { EvaluateReport } from '../../src/report/evaluate-report.ts';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { diagnosticsOf, quantmcu } from '../support/command-line.ts';
import { npyFile } from '../support/memory-files.ts';
import { Network, type NetworkType } from '../support/network.ts';
import { describeOnHost } from '../support/tools.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-indices-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const COUNT = 70;
const [HEIGHT, WIDTH] = [8, 6];

function writeSamples(): string {
  const random = mulberry32(1);
  const values = Float32Array.from({ length: COUNT * HEIGHT * WIDTH * 3 }, () => 2 * random() - 1);
  const file = path.join(folder, 'samples.npy');
  writeFileSync(file, npyFile('<f4', [COUNT, HEIGHT, WIDTH, 3], values));
  return file;
}

/** Says of the whole image, or of every pixel, which of `classes` it shows. */
function writeModel(type: NetworkType, of: 'image' | 'pixels', classes: number): string {
  const net = new Network(type, 5);
  const features = net.conv(net.input([1, HEIGHT, WIDTH, 3]), 8, { kernel: [3, 3], activation: 'relu' });
  const scores =
    of === 'pixels'
      ? net.conv(features, classes, { kernel: [1, 1] })
      : net.dense(net.reshape(features, [1, HEIGHT * WIDTH * 8]), classes);
  const file = path.join(folder, `${type}-${of}-${classes}.tflite`);
  writeFileSync(file, net.write([net.argmax(scores)]));
  return file;
}

async function compiled(model: string, ...flags: readonly string[]): Promise<string> {
  const out = path.join(folder, path.basename(model, '.tflite'));
  const ran = await quantmcu('compile', model, '--target', 'cortex-m4', '--out', out, ...flags);
  expect(ran.exitCode, ran.err).toBe(0);
  return out;
}

describeOnHost('a model that ends in an argmax', () => {
  it.each([
    ['float32', 'pixels', 5],
    ['float32', 'image', 200],
    ['int8', 'pixels', 200],
    ['uint8', 'image', 5],
  ] as const)('of %s gives the index of %s among %i, bit for bit', async (type, of, classes) => {
    const samples = writeSamples();
    const calibration = type === 'float32' ? ['--calibration', samples] : [];
    const out = await compiled(writeModel(type, of, classes), ...calibration, '--schedule', 'stream');
    const inputs = type === 'float32' ? ['--inputs', samples] : [];
    const ran = await quantmcu('verify', out, '--on', 'host', ...inputs, '--json');
    expect(ran.exitCode, ran.err + ran.out).toBe(0);
    expect(JSON.parse(ran.out) as VerifyReport).toMatchObject({ bitExact: true, mismatches: 0 });
  });

  it('is scored by the index, which 8 bits seldom move', async () => {
    const samples = writeSamples();
    const out = await compiled(writeModel('float32', 'image', 3), '--calibration', samples);
    const score = async (label: number): Promise<EvaluateReport> => {
      const labels = path.join(folder, 'labels.npy');
      writeFileSync(labels, npyFile('<i4', [COUNT], new Int32Array(COUNT).fill(label)));
      const scored = await quantmcu('evaluate', out, '--data', samples, '--labels', labels, '--json');
      expect(scored.exitCode, scored.err).toBe(0);
      return JSON.parse(scored.out) as EvaluateReport;
    };
    const reports = [await score(0), await score(1), await score(2)];
    // Every image is of one class or another, and not all of the same.
    const shares = reports.map(({ top1 }) => top1.float!);
    expect(shares[0]! + shares[1]! + shares[2]!).toBeCloseTo(100);
    expect(Math.max(...shares)).toBeLessThan(100);
    expect(reports[0]!.agreement).toBeGreaterThan(0.9);
  });

  it('has nothing that a search could go by', async () => {
    const flags = ['--target', 'cortex-m4', '--out', folder, '--calibration', writeSamples()];
    const model = writeModel('float32', 'image', 5);
    const ran = await quantmcu('compile', model, ...flags, '--max-kl', '0.1', '--json');
    expect(diagnosticsOf(ran).map(({ code }) => code)).toEqual(['QM722']);
  });
});
