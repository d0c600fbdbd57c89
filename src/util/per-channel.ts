import { assert } from './never.ts';

/** `values` with one entry for each of `channels`, where one may have stood for all. */
export function perChannel<T extends Int8Array | Int32Array>(values: T, channels: number): T {
  if (values.length === channels) return values;
  assert(values.length === 1, `${values.length} values for ${channels} channels`);
  return new (values.constructor as new (length: number) => T)(channels).fill(values[0]!) as T;
}
