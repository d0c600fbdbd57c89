import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { HARNESS_PREFIX, parseLinkerMap } from '../../src/device/linker-map.ts';
import {
  harnessDefines,
  harnessFolder,
  harnessSources,
  renderHarness,
  type HarnessMode,
} from '../../src/device/harness.ts';
import type { Architecture, Board } from '../../src/ir/target.ts';
import { findTool } from '../../src/device/tools.ts';
import { loadTargets } from '../../src/device/targets.ts';
import { fakeBuilder } from '../support/fake-model.ts';
import { describeOnHost, describeOnQemu } from '../support/tools.ts';

const STRICT = ['-std=c99', '-Wall', '-Wextra', '-Wconversion', '-Wshadow', '-pedantic', '-Werror'];
const MODES: readonly HarnessMode[] = ['plain', 'layer-counts', 'layer-rows'];
const model = path.join(import.meta.dirname, '../support/fake-model');
const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-strict-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});
const targets = await loadTargets();
const firmwareTargets = targets.filter(({ id }) => id !== 'host');
const build = fakeBuilder();

async function compileStrictly(compiler: string, targetId: string): Promise<void> {
  const target = targets.find(({ id }) => id === targetId)!;
  const onRenode = target.boards.flatMap((board): readonly Board[] => {
    const firmware = board.renode?.firmware ?? null;
    return firmware === null ? [] : [{ ...board, serial: firmware }];
  });
  for (const board of [...target.boards, ...onRenode]) {
    for (const [name, text] of await renderHarness('fake', board, 'plain', null))
      writeFileSync(path.join(folder, name), text);
    const emulated = onRenode.includes(board) ? [] : MODES;
    const modes = board.serial === null ? emulated : [...emulated, 'serial' as const];
    for (const mode of modes)
      for (const source of new Set(harnessSources(board, mode))) {
        execFileSync(compiler, [
          ...STRICT,
          ...target.compiler.flags,
          ...[...harnessDefines(board, mode), 'SERIAL_BAUD=115200u'].map((define) => `-D${define}`),
          ...[harnessFolder, folder, model].map((include) => `-I${include}`),
          ...['-c', source, '-o', path.join(folder, 'out.o')],
        ]);
      }
  }
}

const ARCHITECTURE_MACROS: Readonly<Record<Exclude<Architecture, 'host'>, string>> = {
  'armv6-m': '__ARM_ARCH_6M__',
  'armv7-m': '__ARM_ARCH_7M__',
  'armv7e-m': '__ARM_ARCH_7EM__',
  'armv8-m.main': '__ARM_ARCH_8M_MAIN__',
  // GCC 12 has no macro of its own for Armv8.1-M.
  'armv8.1-m.main': '__ARM_ARCH_8M_MAIN__',
};

describeOnQemu('target descriptions', () => {
  it.each(firmwareTargets)('say of $id what its compiler says', ({ compiler, architecture, features }) => {
    const macros = execFileSync('arm-none-eabi-gcc', [...compiler.flags, '-dM', '-E', '-'], {
      input: '',
    }).toString();
    const isDefined = (name: string): boolean => new RegExp(`^#define ${name} `, 'm').test(macros);
    expect(features).toEqual({
      dsp: isDefined('__ARM_FEATURE_DSP'),
      mve: isDefined('__ARM_FEATURE_MVE'),
      fpu: isDefined('__ARM_FP'),
    });
    const expected = architecture === 'host' ? undefined : ARCHITECTURE_MACROS[architecture];
    expect(Object.values(ARCHITECTURE_MACROS).find(isDefined)).toBe(expected);
  });
});

describeOnQemu('the harness as firmware', () => {
  it.each(firmwareTargets)('compiles without a warning for $id', async ({ id }) => {
    await compileStrictly('arm-none-eabi-gcc', id);
  });

  it.each(firmwareTargets)(
    'links nothing of the C library for $id: what it links is the model’s',
    async ({ id }) => {
      for (const mode of MODES) {
        const { program } = await build(id, { mode });
        const placed = parseLinkerMap(readFileSync(path.join(path.dirname(program), 'firmware.map'), 'utf8'));
        const others = placed.filter(({ file, bytes }) => bytes > 0 && !file.startsWith(HARNESS_PREFIX));
        expect(new Set(others.map(({ file }) => file))).toEqual(new Set(['model_0.o', 'model_1.o']));
      }
    },
  );

  it('is built once from the same files', async () => {
    const first = await build('cortex-m4');
    const before = statSync(first.program).mtimeMs;
    const again = await first.rebuild();
    expect(again.program).toBe(first.program);
    expect(statSync(again.program).mtimeMs).toBe(before);
  });
});

describeOnHost('the harness as a program of this computer', () => {
  it.each(['gcc', 'clang'])('compiles without a warning: %s', async (compiler) => {
    if ((await findTool([compiler])) === null) {
      process.stderr.write(`\n*** NOT TESTED: harness with ${compiler}, which is not installed\n\n`);
      return;
    }
    await compileStrictly(compiler, 'host');
  });
});
