import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { readLabels } from '../../src/readers/inputs/labels.ts';
import { loadInputs } from '../../src/readers/inputs/load.ts';
import { memoryFiles, npyFile } from '../support/memory-files.ts';

const shape = { h: 2, w: 2, c: 3 };
const twelve = Uint8Array.from({ length: 12 }, (_, i) => i);
const good = npyFile('|u1', [1, 2, 2, 3], twelve);

/** What loading fails with: the code, the file and the message. */
async function failureOf(
  work: () => unknown,
): Promise<{ code: string; file: string | undefined; message: string }> {
  try {
    await work();
  } catch (error) {
    if (!(error instanceof DiagnosticError)) throw error;
    const [{ code, place, message } = { code: '', place: {}, message: '' }] = error.diagnostics;
    return { code, file: place.file, message };
  }
  throw new Error('it did not fail');
}

function loading(contents: Readonly<Record<string, Uint8Array>>, path: string): () => Promise<unknown> {
  return () => loadInputs(path, shape, memoryFiles(contents));
}

describe('bad .npy files', () => {
  it.each([
    ['nothing', new Uint8Array(0), 'does not begin'],
    ['another format', Uint8Array.from({ length: 99 }, (_, i) => i), 'does not begin'],
    ['a cut header', good.slice(0, 9), 'ends within its header'],
    ['a cut header text', good.slice(0, 40), 'ends within its header'],
    ['cut data', good.slice(0, -1), 'has 12 bytes, the file 11'],
    ['trailing bytes', Uint8Array.from([...good, 0]), 'the file 13'],
    ['Fortran order', npyFile('|u1', [1, 2, 2, 3], twelve, { fortranOrder: true }), 'Fortran order'],
    ['objects', npyFile('|O', [12], twelve), 'its type is |O'],
    ['big endian', npyFile('>i2', [6], twelve), 'big endian'],
    ['half floats', npyFile('<f2', [6], twelve), 'its type is <f2'],
    ['version 9', Uint8Array.from(good, (byte, i) => (i === 6 ? 9 : byte)), 'version is 9'],
    ['a structured array', npyFile("',), ('x", [12], twelve), 'plain array'],
  ])('%s', async (_name, bytes, reason) => {
    const failure = await failureOf(loading({ 'x.npy': bytes }, 'x.npy'));
    expect(failure).toMatchObject({ code: 'QM301', file: 'x.npy' });
    expect(failure.message).toContain(reason);
  });

  it('of another shape are refused with both shapes', async () => {
    const failure = await failureOf(loading({ 'x.npy': npyFile('|u1', [2, 3, 2], twelve) }, 'x.npy'));
    expect(failure.code).toBe('QM303');
    expect(failure.message).toContain('2x3x2');
    expect(failure.message).toContain('2x2x3');
  });

  it('without an input, or with one that is not finite, are refused', async () => {
    const empty = npyFile('|u1', [0, 2, 2, 3], new Uint8Array(0));
    expect((await failureOf(loading({ 'x.npy': empty }, 'x.npy'))).code).toBe('QM305');
    const values = new Float32Array(24);
    values[13] = NaN;
    const failure = await failureOf(loading({ 'x.npy': npyFile('<f4', [2, 2, 2, 3], values) }, 'x.npy'));
    expect(failure).toMatchObject({ code: 'QM311', message: 'input 1 holds a value that is not finite' });
  });
});

describe('bad folders', () => {
  const png = PNG.sync.write(new PNG({ width: 2, height: 2 }));

  it.each([
    ['no inputs', { 'in/readme.txt': twelve }, 'QM305', 'in'],
    ['images beside raw files', { 'in/a.png': png, 'in/b.raw': twelve }, 'QM306', 'in'],
    ['bytes beside floats', { 'in/a.raw': twelve, 'in/b.raw': new Uint8Array(48) }, 'QM307', 'in'],
    ['a raw file of another length', { 'in/a.raw': new Uint8Array(13) }, 'QM304', 'in/a.raw'],
    [
      'an image of another size',
      { 'in/a.png': PNG.sync.write(new PNG({ width: 3, height: 2 })) },
      'QM303',
      'in/a.png',
    ],
    ['a cut PNG', { 'in/a.png': png.subarray(0, 40) }, 'QM302', 'in/a.png'],
    ['a broken JPEG', { 'in/a.jpg': Uint8Array.of(0xff, 0xd8, 0xff, 0xe0, 1, 2) }, 'QM302', 'in/a.jpg'],
    ['text called .png', { 'in/a.png': twelve }, 'QM302', 'in/a.png'],
  ])('%s', async (_name, contents, code, file) => {
    expect(await failureOf(loading(contents as Record<string, Uint8Array>, 'in'))).toMatchObject({
      code,
      file,
    });
  });
});

describe('bad labels', () => {
  it.each([
    ['floats', npyFile('<f4', [3], new Float32Array(3)), 'QM310'],
    ['one-hot rows', npyFile('|u1', [3, 4], twelve), 'QM310'],
    ['too few', npyFile('|u1', [2], new Uint8Array(2)), 'QM309'],
  ])('%s', async (_name, bytes, code) => {
    expect(await failureOf(() => readLabels(bytes, 'l.npy', 3))).toMatchObject({ code, file: 'l.npy' });
  });
});
