import { encode as encodeJpeg } from 'jpeg-js';
import { PNG } from 'pngjs';
import { describe, expect, it } from 'vitest';
import { inputsOfArray, warnOfFewInputs } from '../../src/readers/inputs/input-set.ts';
import { readLabels } from '../../src/readers/inputs/labels.ts';
import { loadInputs } from '../../src/readers/inputs/load.ts';
import { readNpy } from '../../src/readers/inputs/npy.ts';
import { memoryFiles, npyFile } from '../support/memory-files.ts';

const shape = { h: 2, w: 3, c: 3 };
const ramp = Uint8Array.from({ length: 36 }, (_, i) => 7 * i);

/** A PNG of h×w pixels with the given RGBA bytes. */
function pngFile(height: number, width: number, rgba: Uint8Array): Uint8Array {
  const png = new PNG({ height, width });
  png.data.set(rgba);
  return PNG.sync.write(png);
}

describe('.npy files', () => {
  it.each([
    ['|u1', new Uint8Array([0, 1, 254, 255])],
    ['|i1', new Int8Array([-128, -1, 0, 127])],
    ['<u2', new Uint16Array([0, 1, 65534, 65535])],
    ['<i2', new Int16Array([-32768, -1, 0, 32767])],
    ['<u4', new Uint32Array([0, 1, 2, 4294967295])],
    ['<i4', new Int32Array([-2147483648, -1, 0, 5])],
    ['<u8', new BigUint64Array([0n, 1n, 2n, 2n ** 63n])],
    ['<i8', new BigInt64Array([-(2n ** 63n), -1n, 0n, 5n])],
    ['<f4', new Float32Array([-1.5, 0, 3.25, 1e-30])],
    ['<f8', new Float64Array([-1.5, 0, Math.PI, 1e300])],
  ])('are read as %s, in both versions', (descr, data) => {
    for (const version of [1, 2]) {
      const array = readNpy(npyFile(descr, [2, 2], data, { version }), 'x.npy');
      expect(array).toEqual({ dtype: descr.slice(1), shape: [2, 2], data });
    }
  });

  it('are read from the middle of a buffer', () => {
    const file = npyFile('<f4', [3], new Float32Array([1, 2, 3]));
    const shifted = Buffer.concat([Buffer.from([0, 0, 0]), file]).subarray(3);
    expect(readNpy(shifted, 'x.npy').data).toEqual(new Float32Array([1, 2, 3]));
  });
});

describe('sets of inputs', () => {
  it('take bytes as they are and other numbers as floats', () => {
    const bytes = inputsOfArray({ dtype: 'u1', shape: [2, 2, 3, 3], data: ramp }, shape, 'x');
    expect([bytes.count, bytes.type, bytes.sample(1)]).toEqual([2, 'uint8', ramp.subarray(18)]);
    const wide = inputsOfArray({ dtype: 'i2', shape: [2, 2, 3, 3], data: Int16Array.from(ramp) }, shape, 'x');
    expect([wide.type, wide.sample(0)]).toEqual(['float', Float32Array.from(ramp.subarray(0, 18))]);
  });

  it('do not insist on axes of extent 1', () => {
    const grey = { h: 4, w: 9, c: 1 };
    expect(inputsOfArray({ dtype: 'u1', shape: [1, 4, 9], data: ramp }, grey, 'x').count).toBe(1);
    expect(inputsOfArray({ dtype: 'u1', shape: [4, 9], data: ramp }, grey, 'x').count).toBe(1);
    expect(inputsOfArray({ dtype: 'u1', shape: [3, 12], data: ramp }, { h: 1, w: 1, c: 12 }, 'x').count).toBe(
      3,
    );
  });

  it('may have the channels first where the model file has them first', () => {
    const planes = Uint8Array.from({ length: 18 }, (_, i) => 10 * Math.floor(i / 6) + (i % 6));
    const pixels = Uint8Array.from({ length: 18 }, (_, i) => 10 * (i % 3) + Math.floor(i / 3));
    const [first, last] = [
      { dtype: 'u1', shape: [1, 3, 2, 3], data: planes },
      { dtype: 'u1', shape: [1, 2, 3, 3], data: pixels },
    ] as const;
    expect(inputsOfArray(first, shape, 'x', true).sample(0)).toEqual(pixels);
    expect(inputsOfArray(last, shape, 'x', true).sample(0)).toEqual(pixels);
    expect(() => inputsOfArray(first, shape, 'x')).toThrow(/QM303/);
  });

  it('are warned of when they are few for calibration', () => {
    const few = inputsOfArray({ dtype: 'u1', shape: [2, 2, 3, 3], data: ramp }, shape, 'x');
    expect(warnOfFewInputs(few.count, 'x')).toMatchObject({ code: 'QM308', severity: 'warning' });
    expect(warnOfFewInputs(64, 'x')).toBeNull();
  });
});

describe('folders', () => {
  it('of PNG files give RGB, sorted by name, and pass over other files', async () => {
    const pixels = (start: number): Uint8Array =>
      Uint8Array.from({ length: 24 }, (_, i) => (start + i) % 256);
    const opaque = (bytes: Uint8Array): Uint8Array => bytes.map((value, i) => (i % 4 === 3 ? 255 : value));
    const files = memoryFiles({
      'in/b.png': pngFile(2, 3, opaque(pixels(100))),
      'in/a.PNG': pngFile(2, 3, opaque(pixels(0))),
      'in/notes.txt': new Uint8Array(1),
    });
    const set = await loadInputs('in', shape, files);
    expect(set.count).toBe(2);
    expect(Array.from(set.sample(0)).slice(0, 6)).toEqual([0, 1, 2, 4, 5, 6]);
    expect(Array.from(set.sample(1)).slice(0, 6)).toEqual([100, 101, 102, 104, 105, 106]);
  });

  it('of coloured images give luma to a model with one channel', async () => {
    const rgba = Uint8Array.from([255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 9, 9, 9, 255]);
    const set = await loadInputs(
      'in',
      { h: 2, w: 2, c: 1 },
      memoryFiles({ 'in/a.png': pngFile(2, 2, rgba) }),
    );
    expect(Array.from(set.sample(0))).toEqual([76, 150, 29, 9]);
  });

  it('of JPEG files give what the decoder sees', async () => {
    const data = new Uint8Array(4 * 64).fill(200);
    const { data: jpeg } = encodeJpeg({ width: 8, height: 8, data }, 95);
    const set = await loadInputs('in', { h: 8, w: 8, c: 3 }, memoryFiles({ 'in/a.jpeg': jpeg }));
    for (const value of set.sample(0)) expect(Math.abs(value - 200)).toBeLessThanOrEqual(2);
  });

  it('of raw files are bytes or floats by their length', async () => {
    const bytes = await loadInputs(
      'in',
      shape,
      memoryFiles({ 'in/a.raw': ramp.slice(18), 'in/b.bin': ramp.slice(0, 18) }),
    );
    expect([bytes.type, bytes.sample(1)]).toEqual(['uint8', ramp.slice(0, 18)]);
    const values = Float32Array.from({ length: 18 }, (_, i) => i / 8 - 1);
    const floats = await loadInputs('in', shape, memoryFiles({ 'in/a.bin': new Uint8Array(values.buffer) }));
    expect([floats.type, floats.sample(0)]).toEqual(['float', values]);
  });
});

describe('labels', () => {
  it('are read from any integer type, flat or in a column', () => {
    const expected = Int32Array.of(3, 0, 9);
    expect(readLabels(npyFile('<i8', [3], BigInt64Array.of(3n, 0n, 9n)), 'l.npy', 3)).toEqual(expected);
    expect(readLabels(npyFile('|u1', [3, 1], Uint8Array.of(3, 0, 9)), 'l.npy', 3)).toEqual(expected);
  });
});
