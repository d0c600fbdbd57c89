import { createHash } from 'node:crypto';
import path from 'node:path';
import { kindOfPath, listFilesBelow, readBytes } from './files.ts';

/** SHA-256 in hexadecimal. */
export function sha256(data: Uint8Array | string): string {
  return createHash('sha256').update(data).digest('hex');
}

/** SHA-256 of a file's bytes, or of the sorted lines `path sha256` of all files below a folder. Fails with QM101. */
export async function digestOfPath(place: string): Promise<string> {
  if ((await kindOfPath(place)) !== 'folder') return sha256(await readBytes(place));
  const lines: string[] = [];
  for (const name of await listFilesBelow(place)) {
    lines.push(`${name} ${sha256(await readBytes(path.join(place, name)))}\n`);
  }
  return sha256(lines.join(''));
}
