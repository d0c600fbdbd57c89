import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import {
  makeFolderOnce,
  readBytes,
  withTemporaryFolder,
  writeFolderAtomically,
} from '../../src/host/files.ts';

let place = '';
beforeEach(() => {
  place = mkdtempSync(path.join(tmpdir(), 'quantmcu-files-'));
});
afterEach(() => {
  rmSync(place, { recursive: true });
});

const contents = new Map<string, string | Uint8Array>([
  ['mark', 'new'],
  ['runtime/kernel.c', 'int x;'],
  ['weights.bin', Uint8Array.of(1, 2)],
]);

it('writes a folder with subfolders and leaves nothing else behind', async () => {
  await writeFolderAtomically(path.join(place, 'out'), contents, 'mark');
  expect(readFileSync(path.join(place, 'out/runtime/kernel.c'), 'utf8')).toBe('int x;');
  expect(readdirSync(place)).toEqual(['out']);
});

it('replaces its own folder whole', async () => {
  mkdirSync(path.join(place, 'out'));
  writeFileSync(path.join(place, 'out/mark'), 'old');
  writeFileSync(path.join(place, 'out/stale.c'), '');
  await writeFolderAtomically(path.join(place, 'out'), contents, 'mark');
  expect(readdirSync(path.join(place, 'out')).sort()).toEqual(['mark', 'runtime', 'weights.bin']);
  expect(readdirSync(place)).toEqual(['out']);
});

it('does not touch a folder of somebody else', async () => {
  writeFileSync(path.join(place, 'thesis.tex'), '');
  await expect(writeFolderAtomically(place, contents, 'mark')).rejects.toThrow(/^QM602/);
  expect(readdirSync(place)).toEqual(['thesis.tex']);
});

it('leaves the old folder as it was when writing fails, and no part of the new one', async () => {
  mkdirSync(path.join(place, 'out'));
  writeFileSync(path.join(place, 'out/mark'), 'old');
  const impossible = new Map([...contents, ['mark/below-a-file', '']]);
  await expect(writeFolderAtomically(path.join(place, 'out'), impossible, 'mark')).rejects.toThrow(/^QM601/);
  expect(readFileSync(path.join(place, 'out/mark'), 'utf8')).toBe('old');
  expect(readdirSync(place)).toEqual(['out']);
});

it('says why a folder cannot be written', async () => {
  writeFileSync(path.join(place, 'file'), '');
  await expect(writeFolderAtomically(path.join(place, 'file/out'), contents, 'mark')).rejects.toThrow(
    /^QM601.*a part of the path is not a folder/,
  );
  await expect(writeFolderAtomically(path.join(place, 'file'), contents, 'mark')).rejects.toThrow(/^QM602/);
});

it('says why a file cannot be read', async () => {
  await expect(readBytes(path.join(place, 'missing'))).rejects.toThrow(/^QM101.*no such file/);
  await expect(readBytes(place)).rejects.toThrow(/^QM101.*it is a folder/);
});

it('makes a folder once, and not at all when making it fails', async () => {
  const folder = path.join(place, 'made');
  const failing = makeFolderOnce(folder, (fresh) => {
    writeFileSync(path.join(fresh, 'half'), '');
    return Promise.reject(new Error('no'));
  });
  await expect(failing).rejects.toThrow('no');
  expect(readdirSync(place)).toEqual([]);

  for (const text of ['first', 'second']) {
    await makeFolderOnce(folder, (fresh) => {
      writeFileSync(path.join(fresh, 'text'), text);
      return Promise.resolve();
    });
  }
  expect(readFileSync(path.join(folder, 'text'), 'utf8')).toBe('first');
  expect(readdirSync(place)).toEqual(['made']);
});

it('removes a temporary folder even when the work fails', async () => {
  let seen = '';
  const failing = withTemporaryFolder((folder) => {
    seen = folder;
    return Promise.reject(new Error('no'));
  });
  await expect(failing).rejects.toThrow('no');
  expect(seen).not.toBe('');
  expect(existsSync(seen)).toBe(false);
});
