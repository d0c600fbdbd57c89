import { createHash } from 'node:crypto';
import path from 'node:path';
import { buildFirmware, type FirmwareBuild } from './device/build.ts';
import { openCmsisNn } from './device/cmsis-nn.ts';
import { targetOfFolder } from './device/own-target.ts';
import { noJournal, openJournal } from './device/serial/journal.ts';
import type { SerialInference } from './device/serial/device.ts';
import { runOverSerial, type ExpectedFirmware } from './device/serial/run.ts';
import { worstCaseStack } from './device/stack/measure.ts';
import { chooseBoard } from './device/targets.ts';
import { fail } from './diagnostics/diagnostic.ts';
import { openCompiledFolder, type CompiledFolder } from './emit/compiled-folder.ts';
import { callsCmsisNn, MANIFEST_FILE, programNeeds } from './emit/manifest.ts';
import { cacheFolder } from './host/environment.ts';
import type { Feedback } from './host/feedback.ts';
import { readBytes } from './host/files.ts';
import { runProcess } from './host/processes.ts';
import { openSerialPort } from './host/serial-port.ts';
import type { Board, Target } from './ir/target.ts';
import { awaitsInput } from './ir/tape.ts';
import { loadVerificationInputs } from './quant/verification-inputs.ts';
import { prepareInteger } from './reference/integer/executor.ts';
import { Comparison } from './report/comparison.ts';
import type { VerifyReport } from './report/verify-report.ts';
import { sum } from './util/math.ts';

export interface VerifySerialOptions {
  /** A folder that `compile` wrote. */
  readonly dir: string;
  readonly port: string;
  readonly baudRate: number;
  /** One of the target's boards; null: the one compiled for. */
  readonly board: string | null;
  /** Raw inputs; null: seeded random ones. */
  readonly inputs: string | null;
  readonly limit: number | null;
  /** The folder of CMSIS-NN, for a program that calls it; null: that of CMSIS_NN_DIR. */
  readonly cmsisNn?: string | null;
  /** A shell command that puts the firmware on the board, `{elf}` in it being the program; null: it is there. */
  readonly flash: string | null;
  /** A file that keeps finished inferences, for a run that broke off to go on from; null: none. */
  readonly resume: string | null;
}

/**
 * Builds the generated C with a harness that speaks over the board's UART, has the user's command flash it, runs it on the board
 * and compares every output with the integer executor.
 */
export async function verifyOverSerial(
  options: VerifySerialOptions,
  { progress }: Feedback,
): Promise<VerifyReport> {
  const { port, baudRate } = options;
  const built = await buildForSerial(options, progress);
  const inputs = await loadSerialInputs(built, options, '--on serial');
  if (options.flash !== null) await flashBoard(options.flash, built.build.program, progress);

  const journal =
    options.resume === null ? noJournal : await openJournal(options.resume, built.buildId, digestOf(inputs));
  const stream = await openSerialPort(port, baudRate);
  const { inferences, retries } = await runOverSerial(stream, expectedFirmware(built), inputs, {
    port,
    journal,
    progress,
  }).finally(() => stream.close());

  return {
    ...(await reportSerialRun(built, inputs, inferences, progress)),
    on: `serial:${port}@${baudRate}`,
    serial: { ...ticksOf(built, inferences), retries, resumed: journal.done.size },
  };
}

/** What a run over a UART amounts to: outputs compared with the integer executor's, memory as built and as measured. */
export async function reportSerialRun(
  { folder, target, board, build }: SerialBuild,
  inputs: readonly Uint8Array[],
  inferences: readonly SerialInference[],
  progress: Feedback['progress'],
): Promise<Omit<VerifyReport, 'on'>> {
  const { model, schedule, memory } = folder.reference;
  const execute = prepareInteger(model, schedule, memory);
  const comparison = new Comparison();
  inputs.forEach((input, i) => {
    progress('comparing outputs with the integer executor', i + 1, inputs.length);
    const [output] = execute([input], {});
    comparison.compare(i, `output ${model.outputs[0]!.name}`, 0, output!, inferences[i]!.output);
  });
  const stack = Math.max(...inferences.map(({ stackBytes }) => stackBytes));
  const { ram, flash } = build.memory ?? { ram: { arena: 0, static: 0 }, flash: null };
  return {
    target: target.id,
    board: board.id,
    inputs: inputs.length,
    bitExact: comparison.mismatches === 0,
    mismatches: comparison.mismatches,
    firstMismatch: comparison.first,
    compared: comparison.compared,
    instructions: null,
    ram: { ...ram, stack, total: ram.arena + ram.static + stack },
    worstStack: await worstCaseStack(build.program, target, folder.manifest.name),
    flash,
    classes: [],
  };
}

/** The mean ticks of an inference, and their frequency. */
export function ticksOf(
  { board }: SerialBuild,
  inferences: readonly SerialInference[],
): { readonly ticks: number; readonly ticksHz: number } {
  const ticks = sum(inferences.map((inference) => inference.ticks)) / inferences.length;
  return { ticks: Math.round(ticks), ticksHz: board.serial!.counterHz };
}

/** What the firmware of a folder says of itself, and the lengths of its port. */
export function expectedFirmware({ folder, buildId }: SerialBuild): ExpectedFirmware {
  const { name, inputs, outputs } = folder.manifest;
  return { model: name, build: buildId, inputBytes: inputs[0]!.bytes, outputBytes: outputs[0]!.bytes };
}

/** Inputs for a folder whose model has one port each way; the serial dialect knows no more. Fails with QM707. */
export async function loadSerialInputs(
  { folder }: SerialBuild,
  { dir, inputs, limit }: Pick<VerifySerialOptions, 'dir' | 'inputs' | 'limit'>,
  flag: string,
): Promise<readonly Uint8Array[]> {
  const { model } = folder.reference;
  if (model.inputs.length > 1 || model.outputs.length > 1) {
    const hint = 'verify it on the emulator, or with a harness of your own';
    fail('QM707', { file: dir }, { count: model.inputs.length, what: flag, hint });
  }
  return loadVerificationInputs(model, inputs, limit);
}

/** Firmware for a UART, and what it was built from. */
export interface SerialBuild {
  readonly folder: CompiledFolder;
  readonly target: Target;
  readonly board: Board;
  readonly build: FirmwareBuild;
  readonly buildId: string;
}

/**
 * The firmware for a compiled folder, and what it says that it is. `boardFor` gives the board as it is to be built for, or says
 * why it is not. Fails with QM529 where a model takes its input row by row.
 */
export async function buildForSerial(
  options: Pick<VerifySerialOptions, 'dir' | 'board' | 'baudRate' | 'cmsisNn'>,
  progress: Feedback['progress'],
  boardFor: (target: Target, board: Board) => Board = boardWithSerial,
): Promise<SerialBuild> {
  const { dir, baudRate } = options;
  const folder = await openCompiledFolder(dir);
  const { manifest, reference } = folder;
  const target = await targetOfFolder(dir, manifest.target.id);
  const board = boardFor(target, chooseBoard(target, options.board ?? manifest.target.board));
  if (awaitsInput(reference.schedule.tape)) fail('QM529');
  progress(`building for ${board.part}`);
  const buildId = await buildIdOf(dir);
  const build = await buildFirmware({
    modelDir: dir,
    name: manifest.name,
    sources: manifest.sources,
    target,
    board,
    mode: 'serial',
    needs: programNeeds(manifest),
    cmsisNn: callsCmsisNn(manifest) ? await openCmsisNn(options.cmsisNn ?? null) : null,
    serial: { buildId, baudRate },
    cacheDir: path.join(cacheFolder(), 'builds'),
  });
  return { folder, target, board, build, buildId };
}

/** Fails with QM528 where no harness speaks over the board's UART. */
function boardWithSerial(target: Target, board: Board): Board {
  if (board.serial !== null) return board;
  const known = target.boards.filter(({ serial }) => serial !== null).map(({ id }) => id);
  return fail('QM528', {}, { board: board.id, known: known.join(', ') || 'none' });
}

/** What tells the generated code of one compilation from any other: its manifest has the sums of all files. */
async function buildIdOf(dir: string): Promise<string> {
  const manifest = await readBytes(path.join(dir, MANIFEST_FILE));
  return createHash('sha256').update(manifest).digest('hex').slice(0, 12);
}

function digestOf(inputs: readonly Uint8Array[]): string {
  const hash = createHash('sha256');
  for (const input of inputs) hash.update(input);
  return hash.digest('hex').slice(0, 12);
}

async function flashBoard(command: string, program: string, progress: Feedback['progress']): Promise<void> {
  progress('flashing the board');
  const filled = command.replaceAll('{elf}', `'${program}'`);
  const ended = await runProcess('sh', ['-c', filled], { timeoutMs: 300_000 });
  if (ended.exitCode === 0) return;
  const said = `${ended.stdout}\n${ended.stderr}`.trim().split('\n').slice(-3).join(' / ');
  fail('QM526', {}, { command: filled, exitCode: ended.exitCode ?? ended.failure ?? 'none', said });
}
