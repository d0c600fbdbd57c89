import { unzipSync } from 'fflate';
import { readNpy, type NpyArray } from '../../src/readers/inputs/npy.ts';
import { testdata } from './testdata.ts';

/** An array of the test data. */
export function npyOf(file: string): NpyArray {
  return readNpy(testdata(file), file);
}

/** The arrays of an `.npz` file of the test data, by name. */
export function npzOf(file: string): ReadonlyMap<string, NpyArray> {
  const entries = Object.entries(unzipSync(testdata(file)));
  return new Map(entries.map(([name, bytes]) => [name.replace(/\.npy$/, ''), readNpy(bytes, file)]));
}
