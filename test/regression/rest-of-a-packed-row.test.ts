import { expect, it } from 'vitest';
import { unpackColumns } from '../../src/util/packed-columns.ts';

it('what the bytes of a packed row hold beside its columns is not compared', () => {
  const valuesOf = (bytes: readonly number[], columns: number, channels: number, bits: number): number[] => {
    const values = new Int8Array(columns * channels);
    unpackColumns(Int8Array.from(bytes), 0, 0, columns, channels, bits, values, 0);
    return [...values];
  };
  expect(valuesOf([0x21, 0x3a], 3, 1, 4)).toEqual([2, 1, 3]);
  expect(valuesOf([0xff], 1, 1, 2)).toEqual([3]);
  expect(valuesOf([0x21, 0x3a], 2, 2, 4)).toEqual([2, 3, 1, 10]);
  expect(valuesOf([0xff, 0x80], 2, 1, 8)).toEqual([-1, -128]);
});
