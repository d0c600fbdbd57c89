import path from 'node:path';
import { MANIFEST_FILE, parseManifest, type Manifest } from './manifest.ts';
import { decodeReference, REFERENCE_FILE, type Reference } from './reference-file.ts';
import { kindOfPath, readBytes, readText } from '../host/files.ts';

/** What `compile` left in a folder, read back. */
export interface CompiledFolder {
  readonly manifest: Manifest;
  readonly reference: Reference;
}

/** Whether a path is a folder that `compile` wrote, rather than a model. */
export async function isCompiledFolder(place: string): Promise<boolean> {
  return (await kindOfPath(path.join(place, MANIFEST_FILE))) === 'file';
}

/** Fails with QM101 when a file is missing, with QM603 when it is not what this version wrote. */
export async function openCompiledFolder(dir: string): Promise<CompiledFolder> {
  const manifestFile = path.join(dir, MANIFEST_FILE);
  const referenceFile = path.join(dir, REFERENCE_FILE);
  return {
    manifest: parseManifest(await readText(manifestFile), manifestFile),
    reference: decodeReference(await readBytes(referenceFile), referenceFile),
  };
}
