import path from 'node:path';
import { DiagnosticError } from '../../src/diagnostics/diagnostic.ts';
import { checkGraph } from '../../src/ir/check-graph.ts';
import { normalise } from '../../src/normalise/index.ts';
import { tryReadModel } from '../../src/readers/index.ts';
import { mulberry32 } from '../../src/util/random.ts';
import { memoryModel } from './model-files.ts';
import { mutateFile, type DrawInteger } from './mutations.ts';

/** How many cases ended in which way. */
export interface FuzzCounts {
  cases: number;
  /** Read as a network all the same. */
  read: number;
  /** Read, with nodes that are not supported. */
  unsupported: number;
  /** Refused with a diagnostic. */
  refused: number;
  slowestMs: number;
}

/** The files of a model; `main` is null for a folder. */
export interface FuzzModel {
  readonly main: string | null;
  readonly files: Readonly<Record<string, Uint8Array>>;
}

const PATIENCE_MS = 5000;
/** Bytes of arrays that a case may leave behind: what constants may take of a file, twice, and some. */
const allowedBytes = (fileBytes: number): number => 256 * fileBytes + 2 ** 26;

/**
 * Reads `cases` mutations of a model, each made from `seed` and its number alone. Throws where one ends in anything but a sound
 * graph or a DiagnosticError, takes too long or too much memory, or reads a file outside the model's folder.
 */
export async function fuzzModel(model: FuzzModel, cases: number, seed: number): Promise<FuzzCounts> {
  const counts: FuzzCounts = { cases: 0, read: 0, unsupported: 0, refused: 0, slowestMs: 0 };
  const names = Object.keys(model.files);
  const fileBytes = Object.values(model.files).reduce((total, bytes) => total + bytes.length, 0);
  for (let number = 0; number < cases; number++) {
    const random = mulberry32(seed + number);
    const draw: DrawInteger = (min, max) => min + Math.floor(random() * (max - min + 1));
    const name = names[draw(0, names.length - 1)]!;
    const files = { ...model.files, [name]: mutateFile(name, model.files[name]!, draw) };
    const before = process.memoryUsage().arrayBuffers;
    const start = process.cpuUsage();
    try {
      counts[await readCase(model.main, files)] += 1;
    } catch (error) {
      throw new Error(`case ${number} of seed ${seed} (${name})`, { cause: error });
    }
    const { user, system } = process.cpuUsage(start);
    const spentMs = (user + system) / 1000;
    const taken = process.memoryUsage().arrayBuffers - before;
    if (spentMs > PATIENCE_MS) throw new Error(`case ${number} of seed ${seed} took ${spentMs} ms`);
    if (taken > allowedBytes(fileBytes))
      throw new Error(`case ${number} of seed ${seed} took ${taken} bytes`);
    counts.cases += 1;
    counts.slowestMs = Math.max(counts.slowestMs, spentMs);
  }
  return counts;
}

async function readCase(
  main: string | null,
  files: Readonly<Record<string, Uint8Array>>,
): Promise<'read' | 'unsupported' | 'refused'> {
  const source = memoryModel(main, files);
  const read = async (name: string): Promise<Uint8Array> => {
    if (path.isAbsolute(name) || path.normalize(name).startsWith('..')) {
      throw new Error(`it reads ${name}, which is outside the model's folder`);
    }
    return source.files.read(name);
  };
  try {
    const { graph, problems } = await tryReadModel({ ...source, files: { ...source.files, read } });
    if (problems.length > 0) return 'unsupported';
    checkGraph(graph);
    normalise(graph);
    return 'read';
  } catch (error) {
    if (error instanceof DiagnosticError) return 'refused';
    throw error;
  }
}
