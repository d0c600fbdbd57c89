import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import type { VerifyReport } from '../../src/report/verify-report.ts';
import { quantmcu } from '../support/command-line.ts';
import { hasTestdata, testdataPath } from '../support/testdata.ts';
import { hasFirmwareTools } from '../support/tools.ts';

/**
 * The integer executor equals TensorFlow Lite's reference kernels (integer-executor.test.ts); here the C equals the
 * executor in every row of every layer, on the same inputs, on this computer and on the emulated Cortex-M4.
 */
const MODELS = [
  ['resnet8-cifar10.int8.tflite', 'cifar10.i8.npy'],
  ['vww-mobilenetv1-96.int8.tflite', 'coco96.i8.npy'],
  ['kws-dscnn.int8.tflite', 'kws.i8.npy'],
] as const;

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-golden-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

describe.skipIf(!hasTestdata('the reference models in C') || !hasFirmwareTools)('reference models in C', () => {
  it.each(MODELS)('%s', async (model, inputs) => {
    const out = path.join(folder, model);
    const compiled = await quantmcu('compile', testdataPath(`models/${model}`), '--target', 'cortex-m4', '--name', 'm', '--out', out);
    expect(compiled.exitCode, compiled.err).toBe(0);
    for (const on of ['host', 'qemu']) {
      const ran = await quantmcu(
        ...['verify', out, '--on', on, '--inputs', testdataPath(`reference/inputs/${inputs}`), '--limit', '2', '--per-layer', '--json'],
      );
      expect(ran.exitCode, ran.err + ran.out).toBe(0);
      expect(JSON.parse(ran.out) as VerifyReport).toMatchObject({ bitExact: true, mismatches: 0, inputs: 2 });
    }
  });
});
