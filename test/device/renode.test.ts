import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeEach, expect, it } from 'vitest';
import { compile, compileDefaults } from '../../src/compile.ts';
import { renodeFileNames, writeRenodeFiles } from '../../src/device/renode/files.ts';
import { renodeBoard } from '../../src/device/renode/platform.ts';
import { runOnRenode, type RenodeRunRequest } from '../../src/device/renode/run.ts';
import type { ExpectedFirmware } from '../../src/device/serial/run.ts';
import { holdsCode, placeProgram } from '../../src/device/placement.ts';
import { chooseBoard, loadTarget, loadTargets } from '../../src/device/targets.ts';
import { noFeedback } from '../../src/host/feedback.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { verifyOnRenode, type VerifyRenodeOptions } from '../../src/verify-renode.ts';
import { fakeBuilder, fakeInputs, fakeLayers } from '../support/fake-model.ts';
import { describeOnQemu } from '../support/tools.ts';

/** A program by the name of renode that has QEMU run the firmware. */
const FAKE = path.join(import.meta.dirname, '../support/fake-renode');
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-renode-'));
const before = { ...process.env };
beforeEach(() => {
  process.env['PATH'] = `${FAKE}:${before['PATH']}`;
  process.env['FAKE_RENODE_MACHINE'] = 'mps2-an386';
  process.env['FAKE_RENODE_LOG'] = counted(40, 1000);
});
afterEach(() => {
  process.env = { ...before };
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

/** What hooks log of spans of so many instructions. */
function counted(...spans: readonly number[]): string {
  const lines = spans.map(
    (span, i) => `quantmcu begins ${i * 1e6}\n[INFO] cpu: quantmcu ends ${i * 1e6 + span}`,
  );
  return lines.join('\n');
}

const build = fakeBuilder();
const FAKE_NEEDS = { arenaBytes: 64, hotBytes: 0, weightBytes: 16 };
const BUILD_ID = 'c0ffee123456';
const FAKE_FIRMWARE: ExpectedFirmware = { model: 'fake', build: BUILD_ID, inputBytes: 16, outputBytes: 16 };

/** The scripts of the fake model for a board, and its firmware beside them. */
async function scriptsOf(
  board: string,
): Promise<Pick<RenodeRunRequest, 'script' | 'test' | 'uart' | 'progress'>> {
  const target = await loadTarget('cortex-m4');
  const modelled = renodeBoard(target, chooseBoard(target, board));
  const { program } = await build('cortex-m4', { board, mode: 'serial', buildId: BUILD_ID });
  const to = path.join(folder, board);
  const cases = [{ input: fakeInputs(1), output: fakeLayers(fakeInputs(1))[1] }];
  const scripts = { target, board: modelled, model: 'fake', buildId: BUILD_ID, cases, inferenceSeconds: 60 };
  await writeRenodeFiles(to, scripts, program);
  const names = renodeFileNames('fake', board);
  return {
    script: path.join(to, names.script),
    test: path.join(to, names.test),
    uart: modelled.renode.uart.name,
    progress: () => undefined,
  };
}

describeOnQemu('verify --on renode', () => {
  it('writes the scripts, runs the firmware and compares every output', async () => {
    const dir = path.join(folder, 'model');
    await compile(
      {
        ...compileDefaults,
        model: packagePath('examples', 'shapes', 'model.tflite'),
        calibration: packagePath('examples', 'shapes', 'calibration.npy'),
        limit: 16,
        target: 'cortex-m4',
        board: 'emulator',
        out: dir,
      },
      noFeedback,
    );
    const options: VerifyRenodeOptions = { dir, board: null, inputs: null, limit: 1, cmsisNn: null };
    const report = await verifyOnRenode(options, noFeedback);
    expect(report).toMatchObject({
      on: 'renode',
      board: 'emulator',
      inputs: 1,
      bitExact: true,
      compared: 10,
    });
    expect(report.instructions).toMatchObject({ perInference: 960 });
    expect(report.serial).toMatchObject({ ticksHz: 100_000_000 });
    const test = readFileSync(path.join(dir, 'renode', 'model.robot'), 'utf8');
    expect(test.match(/^ {4}Infer And Expect/gm)).toHaveLength(1);

    process.env['PATH'] = before['PATH'];
    await expect(verifyOnRenode(options, noFeedback)).rejects.toThrow(/QM533.*model\.resc/);
  });

  it('runs the firmware of a real part, an STM32F405 on its own machine', async () => {
    process.env['FAKE_RENODE_MACHINE'] = 'netduinoplus2';
    process.env['FAKE_RENODE_LOG'] = counted(40, 1000, 1002, 1001);
    const inputs = [0, 1, 2].map((i) => fakeInputs(3).subarray(16 * i, 16 * (i + 1)));
    const run = await runOnRenode({ ...(await scriptsOf('netduinoplus2')), expected: FAKE_FIRMWARE, inputs });
    expect(run.inferences.map(({ output }) => output)).toEqual(inputs.map((input) => fakeLayers(input)[1]));
    expect(run.instructions).toEqual([960, 962, 961]);
    for (const { ticks } of run.inferences) expect(ticks).toBeGreaterThan(0);
  });

  it('has firmware for every modelled board, at the addresses of the part and with the symbols of the script', async () => {
    for (const target of await loadTargets()) {
      for (const board of target.boards.filter(({ renode }) => renode !== null)) {
        const modelled = renodeBoard(target, board);
        const { program } = await build(target.id, { board: modelled, mode: 'serial', buildId: BUILD_ID });
        const symbols = new Map(
          execFileSync('arm-none-eabi-nm', [program], { encoding: 'utf8' })
            .split('\n')
            .map((line) => line.split(' '))
            .map(([address, , name]) => [name, parseInt(address!, 16)] as const),
        );
        const regions = modelled.memories!.regions.filter(holdsCode);
        for (const name of ['vectors', 'serial_count_begins', 'serial_count_ends']) {
          const address = symbols.get(name)!;
          expect(regions.some(({ base, bytes }) => base <= address && address < base + bytes)).toBe(true);
        }
        expect(symbols.get('vectors')).toBe(placeProgram(modelled.memories!, FAKE_NEEDS).code.base);
        expect(symbols.get('serial_count_begins')).not.toBe(symbols.get('serial_count_ends'));
      }
    }
  });

  it('says what is wrong with Renode, and with the firmware', async () => {
    const request = { ...(await scriptsOf('netduinoplus2')), inputs: [] };
    process.env['FAKE_RENODE_MACHINE'] = 'netduinoplus2';
    const other = { ...FAKE_FIRMWARE, model: 'other' };
    await expect(runOnRenode({ ...request, expected: other })).rejects.toThrow(/QM524.*holds fake/);
    process.env['FAKE_RENODE_FAILS'] = 'Could not find type CPU.CortexM';
    const failing = runOnRenode({ ...request, expected: FAKE_FIRMWARE });
    await expect(failing).rejects.toThrow(/QM534.*Could not find type CPU.CortexM/);
  });
});
