import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import { chooseBoard, loadTarget, loadTargets, parseTarget } from '../../src/device/targets.ts';
import { packagePath } from '../../src/host/package-root.ts';

const m4 = readFileSync(packagePath('targets', 'cortex-m4', 'target.json'), 'utf8');

it('has the targets that the documentation names', async () => {
  const ids = (await loadTargets()).map(({ id }) => id);
  expect(ids).toEqual([
    'cortex-m0',
    'cortex-m3',
    'cortex-m33',
    'cortex-m4',
    'cortex-m55',
    'cortex-m7',
    'cortex-m85',
    'host',
  ]);
});

it('has folders named after their targets, and a board with all the memory that the emulator has', async () => {
  for (const target of await loadTargets()) {
    expect((await loadTarget(target.id)).id).toBe(target.id);
    if (target.id !== 'host')
      expect(chooseBoard(target, 'emulator').memories?.regions[0]?.bytes).toBeGreaterThanOrEqual(4 << 20);
  }
});

it('reads addresses and sizes into numbers', async () => {
  const board = chooseBoard(await loadTarget('cortex-m4'), null);
  expect(board.memories).toEqual({
    regions: [
      { name: 'flash', kind: 'flash', base: 0x08000000, bytes: 512 * 1024, emulatedBase: 0 },
      { name: 'ram', kind: 'sram', base: 0x20000000, bytes: 128 * 1024, emulatedBase: 0x20000000 },
    ],
    stackBytes: 4096,
  });
  expect(board.runner).toEqual({
    kind: 'qemu',
    command: 'qemu-system-arm',
    machine: 'mps2-an386',
    counterHz: 25_000_000,
    boot: null,
  });
});

it('names the targets and boards there are when another is asked for', async () => {
  await expect(loadTarget('cortex-m99')).rejects.toThrow(/^QM504.*cortex-m99/);
  const target = await loadTarget('cortex-m4');
  expect(() => chooseBoard(target, 'arduino')).toThrow(/^QM505.*cortex-m4.*arduino/);
});

it.each([
  ['no JSON', '{', ''],
  ['an address without digits', m4.replace('"0x20000000"', '"0x2000"'), 'boards.0.memories.regions.1.base'],
  ['a negative size', m4.replace('"kib": 128', '"kib": -128'), 'boards.0.memories.regions.1.kib'],
  ['a field that is not known', m4.replace('"title"', '"titel"'), 'title'],
  ['a runner that is not there', m4.replace('"runner": "mps2-an386"', '"runner": "x"'), 'boards.0.runner'],
  ['a memory over another', m4.replace('"0x20000000"', '"0x08000000"'), 'boards.0.memories.regions.1.base'],
  [
    'two memories of one name',
    m4.replace('"name": "ram"', '"name": "flash"'),
    'boards.0.memories.regions.1.name',
  ],
  ['no memory for data', m4.replace('"kind": "sram"', '"kind": "itcm"'), 'boards.0.memories.regions'],
  ['a stack larger than the memory', m4.replace('"kib": 128', '"kib": 4'), 'boards.0.memories.stackBytes'],
  ['two boards of one name', m4.replace('"id": "nrf52840"', '"id": "stm32f446"'), 'boards.1.id'],
])('refuses a description with %s and says where', (_, text, place) => {
  expect(text).not.toBe(m4);
  try {
    parseTarget(text, 'target.json');
    expect.unreachable();
  } catch (error) {
    const { diagnostics } = error as { diagnostics: readonly { code: string; place: { path?: string } }[] };
    expect(diagnostics.every(({ code }) => code === 'QM503')).toBe(true);
    expect(diagnostics.map((d) => d.place.path ?? '')).toContain(place);
  }
});
