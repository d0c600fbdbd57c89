import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { readFileSync } from 'node:fs';
import { afterAll, describe, expect, it } from 'vitest';
import { ownTargetFiles, targetOfFolder } from '../../src/device/own-target.ts';
import { targetJsonSchema } from '../../src/device/target-file.ts';
import { loadTarget } from '../../src/device/targets.ts';
import { packagePath } from '../../src/host/package-root.ts';
import { runCommandLine } from '../../src/cli/run.ts';

const folder = mkdtempSync(path.join(tmpdir(), 'quantmcu-own-'));
afterAll(() => {
  rmSync(folder, { recursive: true });
});

const region = (name: string, kind: string, base: string, kib: number): object => ({ name, kind, base, kib });
const mine = {
  target: 'cortex-m4',
  board: {
    id: 'mine',
    part: 'a board of my own',
    runner: 'mps2-an386',
    memories: {
      regions: [
        region('flash', 'flash', '0x00000000', 256),
        region('ccm', 'ccm', '0x10000000', 16),
        { ...region('ram', 'sram', '0x20000000', 64), emulated: '0x20100000' },
      ],
      stackBytes: 2048,
    },
  },
};

function write(name: string, value: object): string {
  const file = path.join(folder, name);
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(value));
  return file;
}

async function validate(file: string): Promise<{ readonly code: number; readonly text: string }> {
  let text = '';
  const add = (part: string): void => {
    text += part;
  };
  const code = await runCommandLine(['targets', '--validate', file], { out: add, err: add });
  return { code, text };
}

describe('a target of the user’s own', () => {
  it('may be one board of a target, in a file', async () => {
    const target = await loadTarget(write('mine.json', mine));
    expect(target.id).toBe('cortex-m4');
    expect(target.boards[0]).toMatchObject({ id: 'mine', runner: { machine: 'mps2-an386' } });
    expect(target.boards.map(({ id }) => id)).toContain('emulator');
  });

  it('may be a folder with C files of its own, which a compiled folder keeps', async () => {
    const text = readFileSync(packagePath('targets', 'cortex-m4', 'target.json'), 'utf8')
      .replace('"id": "cortex-m4"', '"id": "own"')
      .replaceAll('../common/counter_cmsdk_dualtimer.c', 'counter.c');
    write('own/target.json', JSON.parse(text) as object);
    writeFileSync(path.join(folder, 'own', 'counter.c'), '/* mine */\n');
    const kept = await ownTargetFiles(path.join(folder, 'own'));
    expect([...kept.keys()].sort()).toEqual(['target/counter.c', 'target/target.json']);
    for (const [name, contents] of kept) {
      mkdirSync(path.join(folder, 'out', 'target'), { recursive: true });
      writeFileSync(path.join(folder, 'out', name), contents);
    }
    const target = await targetOfFolder(path.join(folder, 'out'), 'own');
    expect(target.boards[0].sources).toContain(path.join(folder, 'out', 'target', 'counter.c'));
    expect(target.boards[0].sources).toContain(packagePath('targets', 'common', 'startup.c'));
  });

  it('keeps nothing of a target of quantmcu’s', async () => {
    expect(await ownTargetFiles('cortex-m4')).toEqual(new Map());
    expect((await targetOfFolder(folder, 'cortex-m7')).id).toBe('cortex-m7');
  });

  it('is listed by `targets --validate` where it is right', async () => {
    const { code, text } = await validate(write('mine.json', mine));
    expect(code).toBe(0);
    expect(text).toMatch(/mine +a board of my own/);
  });

  it.each([
    ['a target that is not there', { ...mine, target: 'cortex-m99' }, /QM504.*target: .*cortex-m99/],
    [
      'a runner that is not there',
      { ...mine, board: { ...mine.board, runner: 'x' } },
      /board\.runner.*mps2-an386/,
    ],
    ['a field too many', { ...mine, more: 1 }, /QM503.*more/],
    [
      'a memory without a kind',
      { ...mine, board: { ...mine.board, memories: { regions: [{ name: 'x' }], stackBytes: 8 } } },
      /board\.memories\.regions/,
    ],
  ])('is refused with %s', async (_, value, message) => {
    const { code, text } = await validate(write('bad.json', value));
    expect(code).toBe(1);
    expect(text).toMatch(message);
  });

  it('has a published schema that is up to date (npm run schema)', () => {
    expect(readFileSync(packagePath('quantmcu.target.schema.json'), 'utf8')).toBe(targetJsonSchema());
  });
});
