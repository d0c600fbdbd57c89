import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** Real models, data and golden tensors, beside a checkout of the repository; absent in most. */
const ROOT = path.resolve(import.meta.dirname, '../../../shared/testdata');

/** Whether the test data (or one file of it) is there; says on stderr what is skipped for lack of it. Use with `describe.skipIf(!hasTestdata(…))`. */
export function hasTestdata(what: string, file = ''): boolean {
  const isThere = existsSync(path.join(ROOT, file));
  if (!isThere) console.warn(`SKIPPED for lack of test data (${path.join(ROOT, file)}): ${what}`);
  return isThere;
}

/** Path of a file of the test data. */
export function testdataPath(file: string): string {
  return path.join(ROOT, file);
}

/** Bytes of a file of the test data, such as `models/kws-dscnn.int8.tflite`. */
export function testdata(file: string): Uint8Array {
  return readFileSync(testdataPath(file));
}

/** Files below a folder of the test data, sorted; none where it is absent. */
export function listTestdata(folder: string): readonly string[] {
  const root = testdataPath(folder);
  return existsSync(root) ? readdirSync(root, { recursive: true, encoding: 'utf8' }).sort() : [];
}
