import path from 'node:path';
import type { z } from 'zod';
import { DiagnosticCollector, DiagnosticError, diagnostic, fail } from '../diagnostics/diagnostic.ts';
import { kindOfPath, listFolder, readText } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import type { Board, RenodeModel, Runner, SerialFirmware, Target } from '../ir/target.ts';
import { findBoardProblems } from './check-board.ts';
import { parseCosts, parseJson } from './costs.ts';
import {
  boardOfTarget,
  wholeTarget,
  type BoardEntry,
  type RunnerEntry,
  type WholeTarget,
} from './target-file.ts';

/** The file that describes a target in its folder. */
export const TARGET_FILE = 'target.json';

/** What kernels cost on it, beside that file. */
const COSTS_FILE = 'costs.json';

/** Every target under targets/, sorted by id. Fails with QM503. */
export async function loadTargets(): Promise<readonly Target[]> {
  return Promise.all((await listTargetIds()).map(loadBundled));
}

/**
 * A target by its id, or by the path of a user's own: a JSON file, or a folder with a target.json. A file of one board gives
 * the target that it is a board of, that board being the default. Fails with QM504 when there is none, with QM503 when its
 * description is wrong.
 */
export async function loadTarget(idOrPath: string): Promise<Target> {
  if ((await listTargetIds()).includes(idOrPath)) return loadBundled(idOrPath);
  const file = await ownTargetFile(idOrPath);
  if (file !== null) return readTarget(file);
  return fail('QM504', {}, { target: idOrPath, known: (await listTargetIds()).join(', ') });
}

/** The file in which a user's own target is described; null for a target of quantmcu's, and for nothing. */
export async function ownTargetFile(idOrPath: string): Promise<string | null> {
  if ((await listTargetIds()).includes(idOrPath)) return null;
  switch (await kindOfPath(idOrPath)) {
    case 'file':
      return idOrPath;
    case 'folder': {
      const file = path.join(idOrPath, TARGET_FILE);
      return (await kindOfPath(file)) === 'file' ? file : null;
    }
    case 'nothing':
      return null;
  }
}

/** The board of that id, the default board for null. Fails with QM505 when there is none. */
export function chooseBoard(target: Target, id: string | null): Board {
  if (id === null) return target.boards[0];
  const found = target.boards.find((candidate) => candidate.id === id);
  if (found !== undefined) return found;
  return fail(
    'QM505',
    {},
    { target: target.id, board: id, known: target.boards.map((b) => b.id).join(', ') },
  );
}

/** Reads the text of a description, which says nothing of costs. Fails with QM503, one for every field that is wrong; `file` is for the messages and its sources. */
export function parseTarget(text: string, file: string): Target {
  return resolveTarget(validated(wholeTarget, parseJson(text, file), file), file);
}

async function readTarget(file: string): Promise<Target> {
  const text = await readText(file);
  const value = parseJson(text, file);
  if (typeof value !== 'object' || value === null || !('board' in value)) return parseTarget(text, file);
  const { target: id, board } = validated(boardOfTarget, value, file);
  const ids = await listTargetIds();
  if (!ids.includes(id)) fail('QM504', { file, path: 'target' }, { target: id, known: ids.join(', ') });
  const base = validated(wholeTarget, parseJson(await readText(bundledFile(id)), bundledFile(id)), file);
  const others = (await loadBundled(id)).boards.filter((other) => other.id !== board.id);
  const found = new DiagnosticCollector();
  checkBoard(board, base.runners, 'board', file, found);
  found.stopOnErrors();
  return {
    ...(await loadBundled(id)),
    boards: [resolveBoard(board, base.runners, bundledFile(id)), ...others],
  };
}

async function listTargetIds(): Promise<readonly string[]> {
  const folders = await listFolder(packagePath('targets'), 'folders');
  const kinds = await Promise.all(folders.map((id) => kindOfPath(bundledFile(id))));
  return folders.filter((_, index) => kinds[index] === 'file');
}

async function loadBundled(id: string): Promise<Target> {
  const target = parseTarget(await readText(bundledFile(id)), bundledFile(id));
  const costs = packagePath('targets', id, COSTS_FILE);
  return (await kindOfPath(costs)) === 'file'
    ? { ...target, costs: parseCosts(await readText(costs), costs) }
    : target;
}

function bundledFile(id: string): string {
  return packagePath('targets', id, TARGET_FILE);
}

function resolveTarget({ runners, boards, ...parsed }: WholeTarget, file: string): Target {
  const found = new DiagnosticCollector();
  boards.forEach((board, i) => {
    checkBoard(board, runners, `boards.${i}`, file, found);
    if (boards.findIndex(({ id }) => id === board.id) < i) {
      found.add('QM503', { file, path: `boards.${i}.id` }, { reason: `there are two boards ${board.id}` });
    }
  });
  found.stopOnErrors();
  const [first, ...others] = boards;
  const { id, title, cpu, architecture, features, compiler } = parsed;
  const resolve = (entry: BoardEntry): Board => resolveBoard(entry, runners, file);
  return {
    id,
    title,
    cpu,
    architecture,
    features,
    compiler,
    costs: null,
    boards: [resolve(first), ...others.map(resolve)],
  };
}

function checkBoard(
  board: BoardEntry,
  runners: WholeTarget['runners'],
  place: string,
  file: string,
  found: DiagnosticCollector,
): void {
  const runner = runners[board.runner];
  if (runner === undefined) {
    const known = Object.keys(runners).join(', ');
    const reason = `there is no runner ${board.runner}; there are ${known}`;
    found.add('QM503', { file, path: `${place}.runner` }, { reason });
  } else if (runner.kind === 'qemu' && board.memories === undefined) {
    found.add(
      'QM503',
      { file, path: `${place}.memories` },
      { reason: 'a board that is emulated has memories' },
    );
  }
  for (const problem of findBoardProblems(board)) {
    found.add('QM503', { file, path: `${place}.${problem.path}` }, { reason: problem.reason });
  }
}

function resolveBoard(entry: BoardEntry, runners: WholeTarget['runners'], file: string): Board {
  const runner = runners[entry.runner]!;
  return {
    id: entry.id,
    part: entry.part,
    memories: entry.memories ?? null,
    runner: resolveRunner(runner),
    sources: runner.sources.map((source) => sourcePath(source, file)),
    defines: runner.defines,
    serial: entry.serial === undefined ? null : resolveSerial(entry.serial, file),
    renode: entry.renode === undefined ? null : resolveRenode(entry.renode, file),
  };
}

function resolveRenode(entry: NonNullable<BoardEntry['renode']>, file: string): RenodeModel {
  const { platform, uart, corrected, added, settings, counter, firmware } = entry;
  return {
    platform: platform ?? null,
    uart: { name: uart.name, type: uart.type ?? null, base: uart.base ?? null },
    corrected: corrected ?? {},
    added: added ?? [],
    settings: settings ?? {},
    counter,
    firmware: firmware === undefined ? null : resolveSerial(firmware, file),
  };
}

function resolveSerial(serial: NonNullable<BoardEntry['serial']>, file: string): SerialFirmware {
  return {
    ...serial,
    sources: serial.sources.map((source) => sourcePath(source, file)),
    boot: serial.boot ?? null,
  };
}

function resolveRunner(runner: RunnerEntry): Runner {
  switch (runner.kind) {
    case 'host':
      return { kind: 'host' };
    case 'qemu': {
      const { kind, command, machine, counterHz, boot } = runner;
      return { kind, command, machine, counterHz, boot: boot ?? null };
    }
  }
}

const COMMON = '../common/';

/** `../common/…` are quantmcu's own files, for a user's targets as well; others lie beside the description. */
function sourcePath(source: string, file: string): string {
  return source.startsWith(COMMON)
    ? packagePath('targets', 'common', source.slice(COMMON.length))
    : path.resolve(path.dirname(file), source);
}

function validated<T>(schema: z.ZodType<T>, value: unknown, file: string): T {
  const parsed = schema.safeParse(value);
  if (parsed.success) return parsed.data;
  throw new DiagnosticError(
    parsed.error.issues.map((issue) =>
      diagnostic('QM503', { file, path: issue.path.join('.') }, { reason: issue.message }),
    ),
  );
}
