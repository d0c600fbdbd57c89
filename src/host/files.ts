import { randomUUID } from 'node:crypto';
import { appendFile, mkdir, mkdtemp, readFile, readdir, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fail } from '../diagnostics/diagnostic.ts';

/** Contents of a folder to be written: paths relative to it, with forward slashes. */
export type FolderContents = ReadonlyMap<string, string | Uint8Array>;

/** Reads a file whole. Fails with QM101 when it cannot be read. */
export async function readBytes(file: string): Promise<Uint8Array> {
  try {
    const bytes = await readFile(file);
    // Not as a Buffer, whose slice() is a view where a Uint8Array's is a copy.
    return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  } catch (error) {
    return fail('QM101', { file }, { reason: reasonOf(error) });
  }
}

/** Reads a UTF-8 file whole. Fails with QM101 when it cannot be read. */
export async function readText(file: string): Promise<string> {
  return new TextDecoder().decode(await readBytes(file));
}

/** What stands at a path. */
export async function kindOfPath(place: string): Promise<'file' | 'folder' | 'nothing'> {
  try {
    return (await stat(place)).isDirectory() ? 'folder' : 'file';
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return 'nothing';
    return fail('QM101', { file: place }, { reason: reasonOf(error) });
  }
}

/** Names in a folder, sorted; of everything in it, or of its subfolders only. Fails with QM101. */
export async function listFolder(
  folder: string,
  what: 'all' | 'folders' = 'all',
): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true });
    return entries
      .filter((entry) => what === 'all' || entry.isDirectory())
      .map((entry) => entry.name)
      .sort();
  } catch (error) {
    return fail('QM101', { file: folder }, { reason: reasonOf(error) });
  }
}

/** Paths of all files below a folder, relative to it, sorted, with forward slashes. Fails with QM101. */
export async function listFilesBelow(folder: string): Promise<readonly string[]> {
  try {
    const entries = await readdir(folder, { withFileTypes: true, recursive: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) =>
        path.relative(folder, path.join(entry.parentPath, entry.name)).split(path.sep).join('/'),
      )
      .sort();
  } catch (error) {
    return fail('QM101', { file: folder }, { reason: reasonOf(error) });
  }
}

/** Adds to the end of a file, which is made if need be. Fails with QM601 when it cannot be written. */
export async function appendText(file: string, text: string): Promise<void> {
  try {
    await appendFile(file, text);
  } catch (error) {
    fail('QM601', { file }, { reason: reasonOf(error) });
  }
}

/** Writes one file, making its folder if need be. Fails with QM601 when it cannot be written. */
export async function writeBytes(file: string, contents: string | Uint8Array): Promise<void> {
  try {
    await mkdir(path.dirname(file), { recursive: true });
    await writeFile(file, contents);
  } catch (error) {
    fail('QM601', { file }, { reason: reasonOf(error) });
  }
}

/** Writes one file so that it appears whole or not at all, making its folder if need be. Fails with QM601. */
export async function writeBytesAtomically(file: string, contents: string | Uint8Array): Promise<void> {
  const fresh = siblingOf(file);
  await writeBytes(fresh, contents);
  try {
    await rename(fresh, file);
  } catch (error) {
    await rm(fresh, { force: true });
    fail('QM601', { file }, { reason: reasonOf(error) });
  }
}

/**
 * Writes a folder so that it appears whole or not at all: into a sibling first, which then takes the folder's name.
 * A folder that is already there is replaced when it is empty or holds `marker`, the file by which our own output is
 * known. Fails with QM601 when the folder cannot be written, with QM602 when it holds something else.
 */
export async function writeFolderAtomically(
  folder: string,
  contents: FolderContents,
  marker: string,
): Promise<void> {
  const old = await kindOfPath(folder);
  if (old === 'file' || (old === 'folder' && !(await isReplaceable(folder, marker)))) {
    fail('QM602', { file: folder }, { marker });
  }
  const fresh = siblingOf(folder);
  await makeFolder(fresh);
  try {
    for (const [name, content] of contents) {
      const file = path.join(fresh, name);
      await mkdir(path.dirname(file), { recursive: true });
      await writeFile(file, content);
    }
    await takePlaceOf(fresh, folder);
  } catch (error) {
    await rm(fresh, { recursive: true, force: true });
    fail('QM601', { file: folder }, { reason: reasonOf(error) });
  }
}

/** Runs `work` on a new folder for passing files and removes the folder afterwards, whatever happens. */
export async function withTemporaryFolder<T>(work: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(path.join(tmpdir(), 'quantmcu-'));
  try {
    return await work(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

/**
 * Makes a folder by `fill` unless it is there already. It appears whole or not at all: `fill` works on a sibling, which
 * takes the folder's name at the end; if another process was faster, its folder stays. Errors of `fill` pass through.
 */
export async function makeFolderOnce(folder: string, fill: (fresh: string) => Promise<void>): Promise<void> {
  if ((await kindOfPath(folder)) === 'folder') return;
  const fresh = siblingOf(folder);
  try {
    await makeFolder(fresh);
    await fill(fresh);
    if ((await kindOfPath(folder)) === 'nothing') await rename(fresh, folder);
  } finally {
    await rm(fresh, { recursive: true, force: true });
  }
}

async function makeFolder(folder: string): Promise<void> {
  try {
    await mkdir(folder, { recursive: true });
  } catch (error) {
    fail('QM601', { file: folder }, { reason: reasonOf(error) });
  }
}

/** A new name next to `folder`, on the same file system, so that renaming one to the other is a single step. */
function siblingOf(folder: string): string {
  return `${path.resolve(folder)}.${randomUUID()}`;
}

/** Renames `fresh` to `folder`; what stood there before is removed once that has worked, and put back if not. */
async function takePlaceOf(fresh: string, folder: string): Promise<void> {
  const aside = siblingOf(folder);
  const hadOld = (await kindOfPath(folder)) === 'folder';
  if (hadOld) await rename(folder, aside);
  try {
    await rename(fresh, folder);
  } catch (error) {
    if (hadOld) await rename(aside, folder);
    throw error;
  }
  await rm(aside, { recursive: true, force: true });
}

async function isReplaceable(folder: string, marker: string): Promise<boolean> {
  const names = await listFolder(folder);
  return names.length === 0 || names.includes(marker);
}

function codeOf(error: unknown): string | undefined {
  return error instanceof Error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
}

/** The operating system's reason in words, without the path, which the diagnostic names anyway. */
function reasonOf(error: unknown): string {
  switch (codeOf(error)) {
    case 'ENOENT':
      return 'there is no such file or folder';
    case 'EACCES':
    case 'EPERM':
      return 'permission denied';
    case 'EISDIR':
      return 'it is a folder';
    case 'ENOTDIR':
      return 'a part of the path is not a folder';
    case 'ENOSPC':
      return 'the disk is full';
    case 'EROFS':
      return 'the file system is read-only';
    case undefined:
      return String(error);
  }
  return (error as Error).message;
}

/** The file system as readers of folders ask for it. */
export const fileSystem = {
  list: (folder: string) => listFolder(folder),
  read: readBytes,
  isDirectory: async (place: string): Promise<boolean> => (await kindOfPath(place)) === 'folder',
};
