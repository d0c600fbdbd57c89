import { describe, expect, it } from 'vitest';
import type { DiagnosticCode } from '../../src/diagnostics/catalogue/index.ts';
import { DiagnosticError, type Diagnostic } from '../../src/diagnostics/diagnostic.ts';
import { runFirmware } from '../../src/device/run.ts';
import { holdsData } from '../../src/device/placement.ts';
import { loadTargets } from '../../src/device/targets.ts';
import { fakeBuilder, fakeInputs, type FakeBuildOptions } from '../support/fake-model.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

const targets = (await loadTargets()).map(({ id }) => id).filter((id) => id !== 'host');
const build = fakeBuilder();

async function problemsOf(work: () => Promise<unknown>): Promise<readonly Diagnostic[]> {
  try {
    await work();
  } catch (error) {
    if (error instanceof DiagnosticError) return error.diagnostics;
    throw error;
  }
  return [];
}

async function problemsOfRun(
  target: string,
  options: FakeBuildOptions,
  timeoutMs = 30_000,
): Promise<readonly Diagnostic[]> {
  return problemsOf(async () =>
    runFirmware(await build(target, options), { inputs: fakeInputs(2), count: 2, timeoutMs }),
  );
}

function expectProblem(problems: readonly Diagnostic[], code: DiagnosticCode, message: RegExp): void {
  expect(problems.map((problem) => problem.code)).toEqual([code]);
  expect(problems[0]?.message).toMatch(message);
}

describeOnQemu('firmware that misbehaves', () => {
  it.each(targets)('%s: a fault is told with its place', async (target) => {
    expectProblem(
      await problemsOfRun(target, { defines: { FAKE_FAULTS: 1 } }),
      'QM510',
      /HardFault.* at 0x[0-9a-f]{8}/,
    );
  });

  it.each(targets)(
    '%s: a stack overflow is told, whether there is memory below the stack or not',
    async (target) => {
      const problems = await problemsOfRun(target, { defines: { FAKE_OVERFLOWS_STACK: 1 } });
      expect(['QM510', 'QM511']).toContain(problems[0]?.code);
      expect(problems[0]?.message).toMatch(/the stack has overflowed/);
    },
  );

  it('cortex-m0: code for ARMv6-M may not read unaligned words, even on a larger core', async () => {
    expectProblem(
      await problemsOfRun('cortex-m0', { defines: { FAKE_READS_UNALIGNED: 1 } }),
      'QM510',
      /HardFault/,
    );
  });

  it.each(targets)('%s: a hang is ended by the time limit', async (target) => {
    expectProblem(
      await problemsOfRun(target, { defines: { FAKE_HANGS: 1 } }, 1500),
      'QM509',
      /1\.5 s on QEMU/,
    );
  });

  it('a status other than 0 is told with the input', async () => {
    expectProblem(await problemsOfRun('cortex-m4', { defines: { FAKE_FAILS: 1 } }), 'QM511', /at input 0/);
  });

  it('inputs of another length than the model takes are told', async () => {
    const firmware = await build('cortex-m4');
    const problems = await problemsOf(() =>
      runFirmware(firmware, { inputs: new Uint8Array(40), count: 2, timeoutMs: 9_000 }),
    );
    expectProblem(problems, 'QM511', /at input 2: inputs.bin ends within an input/);
  });

  it.each(targets)('%s: what does not fit the RAM does not link', async (target) => {
    const regions = (await loadTargets()).find(({ id }) => id === target)?.boards[0].memories?.regions ?? [];
    const largest = regions.filter(holdsData).reduce((a, b) => (b.bytes > a.bytes ? b : a));
    const { name, bytes } = largest;
    const defines = { FAKE_ARENA_BYTES: bytes + 4096 };
    const problems = await problemsOf(() => build(target, { defines }));
    expectProblem(problems, 'QM508', new RegExp(`its ${name} \\(${bytes} bytes\\) is over by \\d+ bytes`));
    // Over by that much, and by the stack and the harness's own few bytes where they share the memory.
    const over = Number(/over by (\d+)/.exec(problems[0]?.message ?? '')?.[1]);
    expect(over).toBeGreaterThanOrEqual(4096);
    expect(over).toBeLessThan(2 * 4096 + 512);
  });

  it('what does not fit flash and RAM is told twice', async () => {
    const defines = { FAKE_ARENA_BYTES: 1 << 20, FAKE_WEIGHT_BYTES: 1 << 20 };
    const problems = await problemsOf(() => build('cortex-m4', { defines }));
    expect(problems.map(({ code, message }) => [code, /its (\w+)/.exec(message)?.[1]]).sort()).toEqual([
      ['QM508', 'flash'],
      ['QM508', 'ram'],
    ]);
  });

  it('what fits no part fits the board that has all memory of the emulator', async () => {
    const defines = { FAKE_ARENA_BYTES: 1 << 20, FAKE_WEIGHT_BYTES: 1 << 20 };
    const firmware = await build('cortex-m4', { defines, board: 'emulator' });
    expect(firmware.memory?.ram.arena).toBe(1 << 20);
    expect(firmware.memory?.flash.rodata).toBe(1 << 20);
  });

  it('code that does not compile is told with file and reason, every file of it', async () => {
    const problems = await problemsOf(() => build('cortex-m4', { defines: { fake_weights: '1' } }));
    expect(problems.map(({ code }) => code)).toContain('QM506');
    expect(problems[0]?.place.file).toMatch(/fake_(model|weights)\.c$/);
    expect(problems[0]?.message).toMatch(/arm-none-eabi-gcc does not compile this file: .*error:/);
  });
});

describeOnHost('host programs that misbehave', () => {
  it('a crash is no result line', async () => {
    expectProblem(
      await problemsOfRun('host', { defines: { FAKE_FAULTS: 1 } }),
      'QM512',
      /this computer .*SIG(ILL|TRAP)/,
    );
  });

  it('a hang is ended by the time limit', async () => {
    expectProblem(
      await problemsOfRun('host', { defines: { FAKE_HANGS: 1 } }, 500),
      'QM509',
      /0\.5 s on this computer/,
    );
  });
});

describe('inputs that cannot be divided', () => {
  it('are refused before anything runs', async () => {
    const problems = await problemsOf(() =>
      runFirmware(
        {
          program: '/nowhere',
          board: {
            id: 'x',
            part: 'x',
            memories: null,
            runner: { kind: 'host' },
            sources: [],
            defines: [],
            serial: null,
            renode: null,
          },
          mode: 'plain',
          memory: null,
        },
        { inputs: new Uint8Array(33), count: 2, timeoutMs: 1000 },
      ),
    );
    expectProblem(problems, 'QM515', /33 bytes, which is not 2 inputs/);
  });
});
