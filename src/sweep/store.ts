import path from 'node:path';
import { z } from 'zod';
import { fail } from '../diagnostics/diagnostic.ts';
import { sha256 } from '../host/digest.ts';
import { kindOfPath, listFolder, readText, writeBytesAtomically } from '../host/files.ts';
import { outcomeSchema, type PointOutcome } from './outcome.ts';
import type { PointOptions } from './points.ts';

/** Says what a folder of points is about, and is the file by which such a folder is known. */
export const SWEEP_FILE = 'sweep.json';

/** Raised where figures, or what they depend on, change. */
const FORMAT = 1;
const POINTS_FOLDER = 'points';

/** What all points of a sweep have in common, by name: names and digests, no paths. */
export type Subject = Readonly<Record<string, unknown>>;

/** Finished points in a folder, each in a file of its own, named by a digest of all that it depends on. */
export interface PointStore {
  /** The digest that a point goes by. */
  readonly keyOf: (point: PointOptions) => string;
  /** How a point ended; null where that is not known yet. */
  readonly read: (point: PointOptions) => Promise<PointOutcome | null>;
  readonly write: (point: PointOptions, outcome: PointOutcome) => Promise<void>;
}

/**
 * Opens the folder of a sweep, which is made if need be. Fails with QM602 where it holds something that no sweep wrote, with
 * QM604 where it belongs to a sweep of another subject.
 */
export async function openStore(folder: string, toolVersion: string, subject: Subject): Promise<PointStore> {
  const text = `${JSON.stringify({ format: FORMAT, toolVersion, ...subject }, null, 2)}\n`;
  await claim(folder, text);
  const keyOf = (point: PointOptions): string => sha256(text + JSON.stringify(point)).slice(0, 32);
  const fileOf = (point: PointOptions): string => path.join(folder, POINTS_FOLDER, `${keyOf(point)}.json`);
  return {
    keyOf,
    read: async (point) => {
      const file = fileOf(point);
      return (await kindOfPath(file)) === 'file' ? parsePoint(await readText(file)) : null;
    },
    write: (point, outcome) =>
      writeBytesAtomically(fileOf(point), `${JSON.stringify({ options: point, outcome }, null, 2)}\n`),
  };
}

async function claim(folder: string, text: string): Promise<void> {
  const file = path.join(folder, SWEEP_FILE);
  const kind = await kindOfPath(folder);
  if (kind === 'file') fail('QM602', { file: folder }, { marker: SWEEP_FILE });
  if (kind === 'nothing' || (await listFolder(folder)).length === 0) return writeBytesAtomically(file, text);
  if ((await kindOfPath(file)) !== 'file') fail('QM602', { file: folder }, { marker: SWEEP_FILE });
  const before = await readText(file);
  if (before !== text) fail('QM604', { file }, { what: differing(before, text).join(', ') });
}

/** Names of the fields that two sweeps do not share. */
function differing(before: string, now: string): readonly string[] {
  const [old, own] = [before, now].map(parseFields);
  const names = new Set([...Object.keys(own!), ...Object.keys(old!)]);
  return [...names].filter((name) => JSON.stringify(old![name]) !== JSON.stringify(own![name]));
}

function parseFields(text: string): Subject {
  const parsed = z.record(z.string(), z.unknown()).safeParse(parseJson(text));
  return parsed.success ? parsed.data : {};
}

/** A file that another program damaged counts as none. */
function parsePoint(text: string): PointOutcome | null {
  const parsed = z.object({ outcome: outcomeSchema }).safeParse(parseJson(text));
  return parsed.success ? parsed.data.outcome : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    if (error instanceof SyntaxError) return null;
    throw error;
  }
}
