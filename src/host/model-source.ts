import { realpath } from 'node:fs/promises';
import path from 'node:path';
import { fail } from '../diagnostics/diagnostic.ts';
import { sha256 } from './digest.ts';
import { kindOfPath, listFilesBelow, readBytes } from './files.ts';

/** A model on disk, read file by file. */
export interface OpenedModel {
  /** What the user calls it. */
  readonly file: string;
  /** The model file within its folder; null where the model is the folder. */
  readonly path: string | null;
  readonly files: {
    readonly read: (name: string) => Promise<Uint8Array>;
    readonly list: () => Promise<readonly string[]>;
  };
  /**
   * SHA-256 of all that was read of it, in hexadecimal: of the file, or where there were several of the sorted lines
   * `path sha256`.
   */
  readonly digest: () => string;
}

/**
 * Opens a model file, beside which the files of its weights may lie, or a folder that is a model. Only files within the folder
 * can be read: a link that leads out of it fails with QM107, what cannot be read with QM101.
 */
export async function openModel(place: string): Promise<OpenedModel> {
  const isFolder = (await kindOfPath(place)) === 'folder';
  const folder = isFolder ? place : path.dirname(place);
  const own = isFolder ? null : path.basename(place);
  const digests = new Map<string, string>();
  const read = async (name: string): Promise<Uint8Array> => {
    if (name !== own) await requireWithin(folder, name, place);
    const bytes = await readBytes(path.join(folder, name));
    digests.set(name, sha256(bytes));
    return bytes;
  };
  const digest = (): string => {
    const [only, ...others] = digests.values();
    if (only !== undefined && others.length === 0) return only;
    return sha256(
      [...digests]
        .map(([name, own]) => `${name} ${own}\n`)
        .sort()
        .join(''),
    );
  };
  return { file: place, path: own, files: { read, list: () => listFilesBelow(folder) }, digest };
}

async function requireWithin(folder: string, name: string, place: string): Promise<void> {
  const file = path.join(folder, name);
  if ((await kindOfPath(file)) !== 'file')
    fail('QM107', { file: place }, { path: name, reason: 'is not there' });
  const root = await realpath(folder);
  const target = await realpath(file);
  if (!target.startsWith(root.endsWith(path.sep) ? root : root + path.sep)) {
    fail('QM107', { file: place }, { path: name, reason: "is a link out of the model's folder" });
  }
}
