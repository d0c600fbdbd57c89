import path from 'node:path';
import { fail } from '../diagnostics/diagnostic.ts';
import { readBytes, withTemporaryFolder, writeBytes } from '../host/files.ts';
import { runProcess, type ProcessResult } from '../host/processes.ts';
import type { PatchClass } from '../ir/classify.ts';
import type { Board, QemuRunner } from '../ir/target.ts';
import type { FirmwareBuild } from './build.ts';
import {
  ICOUNT_SHIFT,
  instructionsPerInference,
  instructionsPerLayer,
  type LayerInstructions,
} from './instructions.ts';
import {
  describeFault,
  parseClasses,
  parseLayerRows,
  parseResultLine,
  parseTicks,
  type FinishedLine,
  type LayerCountsLine,
  type LayerRowRecord,
} from './result.ts';
import { requireTool } from './tools.ts';

export interface RunRequest {
  /** `count` inputs one after the other, each as the model takes it. */
  readonly inputs: Uint8Array;
  readonly count: number;
  readonly timeoutMs: number;
}

export interface RunResult {
  /** `count` outputs one after the other. */
  readonly outputs: Uint8Array;
  /** Executed instructions of each inference; null unless the build's mode is `plain` and the runner has a counter. */
  readonly instructions: readonly number[] | null;
  /** By layer; null unless the mode is `layer-counts` and the runner has a counter. */
  readonly layerInstructions: readonly LayerInstructions[] | null;
  /** In the order of computation; null unless the mode is `layer-rows`. */
  readonly layerRows: readonly LayerRowRecord[] | null;
  /** By inference, the class that the program found each patch to be; null unless it decides that and the mode is `plain`. */
  readonly classes: readonly (readonly PatchClass[])[] | null;
  /** The most stack that an inference used; null on the host. */
  readonly stackBytes: number | null;
}

/**
 * Runs a program on all inputs in one go. Fails with QM501 (no emulator), QM509 (time limit), QM510 (fault), QM511 (the
 * firmware gave up), QM512 (no result line), QM513 (unreadable result), QM514 (exit code), QM515 (lengths of inputs).
 */
export async function runFirmware(build: FirmwareBuild, request: RunRequest): Promise<RunResult> {
  const { inputs, count } = request;
  if (count < 1 || inputs.length % count !== 0) fail('QM515', {}, { bytes: inputs.length, count });
  return withTemporaryFolder(async (folder) => {
    await writeBytes(path.join(folder, 'inputs.bin'), inputs);
    const line = await runIn(folder, build, request.timeoutMs);
    return collect(folder, build, line, count);
  });
}

/** Runs the program in a folder with its inputs and reads the result line. */
async function runIn(
  folder: string,
  { program, board }: FirmwareBuild,
  timeoutMs: number,
): Promise<FinishedLine | (FinishedLine & LayerCountsLine)> {
  const [command, args] = await commandLine(board, program);
  const ended = await runProcess(command, args, { cwd: folder, timeoutMs });
  const runner = runnerName(board);
  // QEMU prints what firmware says on stderr, a host program says it on stdout.
  const line = parseResultLine(`${ended.stdout}\n${ended.stderr}`, runner);
  if (line !== null && 'fault' in line) return fail('QM510', {}, { runner, fault: describeFault(line) });
  if (line !== null && 'error' in line) {
    return fail('QM511', {}, { runner, inference: line.inference, reason: line.error });
  }
  if (ended.timedOut) return fail('QM509', {}, { runner, seconds: timeoutMs / 1000 });
  if (line === null) return fail('QM512', {}, { runner, reason: describeEnd(ended) });
  if (ended.exitCode !== 0) return fail('QM514', {}, { runner, exitCode: ended.exitCode ?? 'none' });
  return line;
}

async function commandLine(board: Board, program: string): Promise<readonly [string, readonly string[]]> {
  const { runner } = board;
  if (runner.kind === 'host') return [program, []];
  const emulator = await requireTool([runner.command]);
  return [emulator.path, qemuArguments(runner, program)];
}

function qemuArguments({ machine }: QemuRunner, program: string): readonly string[] {
  return [
    ...['-machine', machine],
    ...['-nographic', '-monitor', 'none', '-serial', 'none'],
    ...['-icount', `shift=${ICOUNT_SHIFT}`],
    ...['-semihosting-config', 'enable=on,target=native'],
    ...['-kernel', program],
  ];
}

/** Reads the files that a run has left. */
async function collect(
  folder: string,
  { board, mode }: FirmwareBuild,
  line: FinishedLine | (FinishedLine & LayerCountsLine),
  count: number,
): Promise<RunResult> {
  const runner = runnerName(board);
  const read = (name: string): Promise<Uint8Array> => readBytes(path.join(folder, name));
  const outputs = await read('outputs.bin');
  if (line.inferences !== count) {
    fail('QM513', {}, { runner, reason: `it ran ${line.inferences} inferences on ${count} inputs` });
  }
  const counterHz = board.runner.kind === 'qemu' ? board.runner.counterHz : null;
  return {
    outputs,
    instructions:
      mode === 'plain' && counterHz !== null
        ? instructionsPerInference(parseTicks(await read('ticks.bin')), line, counterHz)
        : null,
    layerInstructions:
      'layerTicks' in line && counterHz !== null
        ? instructionsPerLayer(line, line.inferences, counterHz)
        : null,
    layerRows: mode === 'layer-rows' ? parseLayerRows(await read('layers.bin'), runner) : null,
    classes: line.patches === undefined ? null : parseClasses(await read('classes.bin'), line.patches),
    stackBytes: board.runner.kind === 'host' ? null : line.stackBytes,
  };
}

function runnerName({ runner }: Board): string {
  return runner.kind === 'qemu' ? `QEMU ${runner.machine}` : 'this computer';
}

/** How a process ended that has not said so itself. */
function describeEnd({ exitCode, failure, stderr }: ProcessResult): string {
  const said = stderr.trim().split('\n').slice(-3).join(' / ');
  const end = failure ?? `exit code ${exitCode ?? 'unknown'}`;
  return said === '' ? end : `${end}, ${said}`;
}
