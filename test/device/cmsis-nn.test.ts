import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { compile, compileDefaults, type CompileOptions } from '../../src/compile.ts';
import { openCmsisNn } from '../../src/device/cmsis-nn.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { verify } from '../../src/verify.ts';
import { hasTestdata, testdataPath } from '../support/testdata.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

/** Functions of CMSIS-NN by their documentation; the library itself is tested where CMSIS_NN_DIR names it. */
const REFERENCE = path.join(import.meta.dirname, '../support/cmsis-nn');
const LIBRARY = process.env['CMSIS_NN_DIR'];
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-cmsis-nn-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const shapes = {
  model: packagePath('examples', 'shapes', 'model.tflite'),
  calibration: packagePath('examples', 'shapes', 'calibration.npy'),
  limit: 32,
};
const int8 = (name: string): Partial<CompileOptions> & { readonly model: string } => ({
  model: testdataPath(`models/${name}.int8.tflite`),
});

async function run(
  target: string,
  given: Partial<CompileOptions> & { readonly model: string },
  cmsisNn: string,
  kernels: 'cmsis-nn' | 'auto' = 'cmsis-nn',
): Promise<{ readonly called: readonly string[]; readonly bitExact: boolean }> {
  const dir = path.join(folder, `${target}-${path.basename(given.model)}-${kernels}`);
  const board = target === 'host' ? null : 'emulator';
  const options = {
    ...compileDefaults,
    rounding: 'tflite',
    ...given,
    target,
    board,
    out: dir,
    kernels,
  } as const;
  const { layers } = await compile(options, noFeedback);
  const request = { dir, on: null, board: null, inputs: null, limit: 3, perLayer: false, cmsisNn };
  const { bitExact } = await verify(request, noFeedback);
  return {
    called: layers.map(({ kernel }) => kernel).filter((name) => name.endsWith('_cmsis_nn')),
    bitExact,
  };
}

describeOnHost('calls of CMSIS-NN, by a reference of its functions', () => {
  it('compute what the integer executor does: the example', async () => {
    const { called, bitExact } = await run('host', shapes, REFERENCE);
    expect(bitExact).toBe(true);
    expect(new Set(called)).toContain('qmcu_conv_cmsis_nn');
    expect(called.length).toBeGreaterThan(3);
  });

  it('compute what the integer executor does: weights of 4 bits', async () => {
    const { called, bitExact } = await run('host', { ...shapes, weightBits: 4 }, REFERENCE);
    expect(bitExact).toBe(true);
    expect(new Set(called)).toContain('qmcu_conv_s4_cmsis_nn');
  });

  describe.skipIf(!hasTestdata('calls of CMSIS-NN in int8 models', 'models'))('in int8 models', () => {
    it.each(['resnet8-cifar10', 'kws-dscnn'])('%s', async (name) => {
      expect((await run('host', int8(name), REFERENCE)).bitExact).toBe(true);
    });
  });
});

describe('what keeps CMSIS-NN out', () => {
  const compileAs = (more: Partial<CompileOptions>): Promise<unknown> =>
    compile(
      {
        ...compileDefaults,
        ...shapes,
        target: 'host',
        out: path.join(folder, 'x'),
        kernels: 'cmsis-nn',
        ...more,
      },
      noFeedback,
    );

  it('is rounding once', async () => {
    await expect(compileAs({ rounding: 'single' })).rejects.toThrow(/QM717.*"single"/);
  });

  it('is any schedule but layer by layer', async () => {
    await expect(compileAs({ schedule: 'stream', rounding: 'tflite' })).rejects.toThrow(/QM718.*cmsis-nn/);
  });

  it('is a folder without it, and a copy with a bug, which is named', async () => {
    await expect(openCmsisNn(folder)).rejects.toThrow(/QM531.*arm_nnfunctions/);
    const old = path.join(folder, 'old');
    mkdirSync(path.join(old, 'Include'), { recursive: true });
    for (const name of ['arm_nnfunctions.h', 'arm_nnsupportfunctions.h'])
      writeFileSync(path.join(old, 'Include', name), '');
    await expect(openCmsisNn(old)).rejects.toThrow(/QM532.*#200/);
  });
});

if (LIBRARY === undefined || LIBRARY === '') {
  process.stderr.write(
    '\n*** NOT TESTED: the CMSIS-NN library itself: CMSIS_NN_DIR does not say where it is\n\n',
  );
} else {
  describeOnQemu('the library itself', () => {
    it.each(['cortex-m4', 'cortex-m55'])('%s: the example', { timeout: 600_000 }, async (target) => {
      expect((await run(target, shapes, LIBRARY)).bitExact).toBe(true);
      expect((await run(target, shapes, LIBRARY, 'auto')).bitExact).toBe(true);
      expect((await run(target, { ...shapes, weightBits: 4 }, LIBRARY)).bitExact).toBe(true);
    });
  });
}
