import { fail } from '../diagnostics/diagnostic.ts';

/** The files of a model that consists of several. Paths are relative to its folder, with forward slashes. */
export interface ModelFiles {
  /** Reads a file whole. Fails with QM101 where it cannot be read. */
  readonly read: (path: string) => Promise<Uint8Array>;
  /** Paths of all files in the folder and below, sorted. */
  readonly list: () => Promise<readonly string[]>;
}

/** A model as a caller found it. */
export interface ModelSource {
  /** What the user calls it, for messages. */
  readonly file: string;
  /** The model file within `files`; null where the model is the folder. */
  readonly path: string | null;
  readonly files: ModelFiles;
}

/**
 * The path that a model file at `from` means by `reference`, within the model's folder. Stops with QM107 where it leads out of
 * the folder, or is no relative path at all.
 */
export function resolveReference(from: string, reference: string, file: string): string {
  const refuse = (): never =>
    fail(
      'QM107',
      { file, path: from },
      { path: printable(reference), reason: "is not in the model's folder" },
    );
  if (!/^[^\\:\0]+$/.test(reference) || reference.startsWith('/')) return refuse();
  const steps = reference.split('/').filter((step) => step !== '.' && step !== '');
  if (steps.length === 0 || steps.includes('..')) return refuse();
  return [...from.split('/').slice(0, -1), ...steps].join('/');
}

function printable(text: string): string {
  return text.replace(/[^ -~]/g, '?');
}
