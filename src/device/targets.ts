import { z } from 'zod';
import { DiagnosticError, diagnostic, fail } from '../diagnostics/diagnostic.ts';
import { kindOfPath, listFolder, readText } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import type { Board, Target } from '../ir/target.ts';

const address = z
  .string()
  .regex(/^0x[0-9a-fA-F]{8}$/, 'an address is 0x and eight hexadecimal digits')
  .transform(Number);
const memory = z
  .strictObject({ base: address, kib: z.int().positive() })
  .transform(({ base, kib }) => ({ base, bytes: kib * 1024 }));

const platform = { sources: z.array(z.string()), defines: z.array(z.string()) };
const runner = z.discriminatedUnion('kind', [
  z.strictObject({
    kind: z.literal('qemu'),
    command: z.string(),
    machine: z.string(),
    counterHz: z.int().positive(),
    ...platform,
  }),
  z.strictObject({ kind: z.literal('host'), ...platform }),
]);

const board = z.strictObject({
  id: z.string(),
  part: z.string(),
  runner: z.string(),
  memories: z
    .strictObject({
      flash: memory,
      ram: memory,
      boot: memory.optional(),
      stackBytes: z.int().positive().multipleOf(8),
    })
    .optional(),
});

/** `targets/<id>/target.json`: boards name one of the runners, so that several boards can share an emulated machine. */
const targetFile = z.strictObject({
  id: z.string(),
  title: z.string(),
  cpu: z.string(),
  architecture: z.enum(['armv6-m', 'armv7-m', 'armv7e-m', 'armv8-m.main', 'armv8.1-m.main', 'host']),
  features: z.strictObject({ dsp: z.boolean(), mve: z.boolean(), fpu: z.boolean() }),
  compiler: z.strictObject({ commands: z.array(z.string()).min(1), flags: z.array(z.string()) }),
  boards: z.tuple([board], board),
  runners: z.record(z.string(), runner),
});
type TargetFile = z.infer<typeof targetFile>;

/** Reads the text of a target.json. Fails with QM503, one for every field that is wrong; `file` is for the messages. */
export function parseTarget(text: string, file: string): Target {
  const parsed = targetFile.safeParse(parseJson(text, file));
  if (!parsed.success) {
    throw new DiagnosticError(
      parsed.error.issues.map((issue) =>
        diagnostic('QM503', { file, path: issue.path.join('.') }, { reason: issue.message }),
      ),
    );
  }
  const { runners, boards, ...target } = parsed.data;
  const [first, ...others] = boards;
  const resolve = (entry: TargetFile['boards'][0]): Board => resolveBoard(entry, runners, file);
  return { ...target, boards: [resolve(first), ...others.map(resolve)] };
}

/** Every target under targets/, sorted by id. Fails with QM503. */
export async function loadTargets(): Promise<readonly Target[]> {
  return Promise.all((await listTargetIds()).map(loadTargetFile));
}

/** One target by its id. Fails with QM504 when there is none, with QM503 when its description is wrong. */
export async function loadTarget(id: string): Promise<Target> {
  const known = await listTargetIds();
  if (!known.includes(id)) fail('QM504', {}, { target: id, known: known.join(', ') });
  return loadTargetFile(id);
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

async function listTargetIds(): Promise<readonly string[]> {
  const folders = await listFolder(packagePath('targets'), 'folders');
  const kinds = await Promise.all(folders.map((id) => kindOfPath(descriptionOf(id))));
  return folders.filter((_, index) => kinds[index] === 'file');
}

async function loadTargetFile(id: string): Promise<Target> {
  return parseTarget(await readText(descriptionOf(id)), descriptionOf(id));
}

function descriptionOf(id: string): string {
  return packagePath('targets', id, 'target.json');
}

function resolveBoard(entry: TargetFile['boards'][0], runners: TargetFile['runners'], file: string): Board {
  const found = runners[entry.runner];
  if (found === undefined) {
    return fail(
      'QM503',
      { file, path: `boards.${entry.id}.runner` },
      { reason: `there is no runner ${entry.runner}` },
    );
  }
  const { sources, defines, ...rest } = found;
  const memories = entry.memories;
  return {
    id: entry.id,
    part: entry.part,
    memories: memories === undefined ? null : { ...memories, boot: memories.boot ?? null },
    runner: rest,
    sources,
    defines,
  };
}

function parseJson(text: string, file: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    return fail('QM503', { file }, { reason: (error as Error).message });
  }
}
