import path from 'node:path';
import { kindOfPath, listFilesBelow, readText } from '../host/files.ts';
import type { Target } from '../ir/target.ts';
import { loadTarget, ownTargetFile, TARGET_FILE } from './targets.ts';

/** Where a compiled folder keeps the description of a user's own target. */
export const OWN_TARGET_FOLDER = 'target';

/**
 * The files that describe a user's own target, for the compiled folder to keep: a JSON file, and from a folder the C files
 * beside it. Empty for a target of quantmcu's.
 */
export async function ownTargetFiles(idOrPath: string): Promise<ReadonlyMap<string, string>> {
  const file = await ownTargetFile(idOrPath);
  if (file === null) return new Map();
  const kept = new Map([[`${OWN_TARGET_FOLDER}/${TARGET_FILE}`, await readText(file)]]);
  if ((await kindOfPath(idOrPath)) === 'file') return kept;
  for (const name of await listFilesBelow(idOrPath)) {
    if (/\.[chS]$/.test(name)) {
      kept.set(`${OWN_TARGET_FOLDER}/${name}`, await readText(path.join(idOrPath, name)));
    }
  }
  return kept;
}

/** The target that a folder was compiled for: the one that it keeps, or quantmcu's own of that id. */
export async function targetOfFolder(dir: string, id: string): Promise<Target> {
  const kept = path.join(dir, OWN_TARGET_FOLDER);
  return loadTarget((await ownTargetFile(kept)) === null ? id : kept);
}
