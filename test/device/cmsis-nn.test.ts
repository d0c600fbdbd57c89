import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { compile, compileDefaults, type CompileOptions } from '../../src/compile.ts';
import { openCmsisNn } from '../../src/device/cmsis-nn.ts';
import { loadTarget } from '../../src/device/targets.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { planWithCmsisNn } from '../../src/lower/cmsis-nn/plan.ts';
import { portableKernels } from '../../src/lower/lower.ts';
import { scheduleByLayers } from '../../src/schedule/by-layers.ts';
import { verify } from '../../src/verify.ts';
import { drawFrom, drawModel } from '../support/random-layer.ts';
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
const few = { ...shapes, limit: 4 };
const SCHEDULES: Record<string, Partial<CompileOptions>> = {
  patches: { schedule: 'patch', patches: { rows: 3, columns: 3 } },
  streams: { schedule: 'stream' },
  'rows that are pushed': { pushRows: true },
};
const QUANTMCU = { method: 'quantmcu', patches: { rows: 2, columns: 2 } } as const;
const int8 = (name: string): Partial<CompileOptions> & { readonly model: string } => ({
  model: testdataPath(`models/${name}.int8.tflite`),
});

interface Run {
  readonly called: readonly string[];
  /** Those and the native ones. */
  readonly all: readonly string[];
  readonly arenaBytes: number;
  readonly bitExact: boolean;
}

async function run(
  target: string,
  given: Partial<CompileOptions> & { readonly model: string },
  cmsisNn: string,
  kernels: 'cmsis-nn' | 'auto' = 'cmsis-nn',
): Promise<Run> {
  const dir = mkdtempSync(path.join(folder, `${target}-${path.basename(given.model)}-${kernels}-`));
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
  const { layers, arenaBytes } = await compile(options, noFeedback);
  const request = { dir, on: null, board: null, inputs: null, limit: 3, perLayer: false, cmsisNn };
  const { bitExact } = await verify(request, noFeedback);
  const all = layers.map(({ kernel }) => kernel);
  return { called: all.filter((name) => name.endsWith('_cmsis_nn')), all, arenaBytes, bitExact };
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

  it.each(Object.entries(SCHEDULES))('compute parts of layers: %s', async (_, schedule) => {
    const { called, bitExact } = await run('host', { ...few, ...schedule }, REFERENCE);
    expect(bitExact).toBe(true);
    expect(new Set(called)).toContain('qmcu_conv_cmsis_nn');
    expect(called.length).toBeGreaterThan(2);
  });

  it('compute the arms of 8 bits of --method quantmcu, whose narrow layers stay native', async () => {
    const { called, all, bitExact } = await run('host', { ...few, ...QUANTMCU }, REFERENCE);
    expect(bitExact).toBe(true);
    expect(new Set(called)).toContain('qmcu_conv_cmsis_nn');
    expect(all.some((name) => name.endsWith('_packed') || name.includes('_wn'))).toBe(true);
  });

  it('keep a limit on RAM that whole layers do not, in parts of them', async () => {
    const whole = await run('host', few, REFERENCE);
    const maxRam = whole.arenaBytes - 1;
    const { called, arenaBytes, bitExact } = await run('host', { ...few, maxRam }, REFERENCE);
    expect(bitExact).toBe(true);
    expect(arenaBytes).toBeLessThanOrEqual(maxRam);
    expect(called.length).toBeGreaterThan(2);
  });

  describe.skipIf(!hasTestdata('calls of CMSIS-NN in int8 models', 'models'))('in int8 models', () => {
    it.each(['resnet8-cifar10', 'kws-dscnn'])('%s', async (name) => {
      expect((await run('host', int8(name), REFERENCE)).bitExact).toBe(true);
      expect((await run('host', { ...int8(name), ...SCHEDULES['patches'] }, REFERENCE)).bitExact).toBe(true);
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

  it('is a network without a layer that it has a function for', async () => {
    const [drawn] = fc.sample(fc.gen(), { numRuns: 1, seed: 1 });
    const model = drawModel(drawFrom(drawn!), 'lut', 'tflite');
    const native = { schedule: scheduleByLayers(model), kernels: portableKernels(model) };
    const target = await loadTarget('cortex-m4');
    expect(() => planWithCmsisNn(model, target, native, 'cmsis-nn')).toThrow(/QM718/);
    expect(planWithCmsisNn(model, target, native, 'auto').kernels).toEqual(native.kernels);
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
    it.each(['cortex-m4', 'cortex-m55'])('%s: the example', { timeout: 1_200_000 }, async (target) => {
      expect((await run(target, shapes, LIBRARY)).bitExact).toBe(true);
      expect((await run(target, shapes, LIBRARY, 'auto')).bitExact).toBe(true);
      expect((await run(target, { ...shapes, weightBits: 4 }, LIBRARY)).bitExact).toBe(true);
      for (const schedule of [...Object.values(SCHEDULES), QUANTMCU]) {
        expect((await run(target, { ...few, ...schedule }, LIBRARY)).bitExact).toBe(true);
      }
    });
  });
}
