import path from 'node:path';
import { expect, it } from 'vitest';
import { readBytes, withTemporaryFolder, writeBytes } from '../../src/host/files.ts';

/** A Buffer's slice() shares memory: a reference file read as one gave every array the bytes of the whole file. */
it('reads files as plain Uint8Arrays, whose slices are copies', async () => {
  await withTemporaryFolder(async (folder) => {
    const file = path.join(folder, 'bytes');
    await writeBytes(file, Uint8Array.of(1, 2, 3, 4));
    const bytes = await readBytes(file);
    expect(bytes.slice(1, 3).buffer.byteLength).toBe(2);
  });
});
