import path from 'node:path';
import { fail } from '../../diagnostics/diagnostic.ts';
import { findExecutable } from '../../host/environment.ts';
import { elapsedSeconds, pause, startClock } from '../../host/clock.ts';
import type { Feedback } from '../../host/feedback.ts';
import { startProcess, type RunningProcess } from '../../host/processes.ts';
import { connectTcp, freeTcpPort } from '../../host/tcp-port.ts';
import type { Patience } from '../serial/device.ts';
import { runOverSerial, type ExpectedFirmware, type SerialRun } from '../serial/run.ts';
import { parseCounts } from './counts.ts';

export interface RenodeRunRequest {
  /** The script that `writeRenodeFiles` wrote, with its firmware beside it. */
  readonly script: string;
  /** The Robot test beside it, for messages. */
  readonly test: string;
  /** Name of the UART in the platform description. */
  readonly uart: string;
  readonly expected: ExpectedFirmware;
  readonly inputs: readonly Uint8Array[];
  readonly progress: Feedback['progress'];
}

export interface RenodeRun extends SerialRun {
  /** Executed instructions of the inferences; empty where Renode did not tell them. */
  readonly instructions: readonly number[];
}

const START_SECONDS = 60;
/** Renode may take a hundred times as long as the part. */
const PATIENCE: Patience = { greetingMs: 1_000, commandMs: 30_000, inferenceMs: 1_200_000 };
/** No line is between, so that what fails twice is no accident; but a UART drops what comes before the firmware has set it up. */
const ATTEMPTS = 2;
const FIRST_ATTEMPTS = 60;
const LOG_SECONDS = 5;

/**
 * Runs inferences on a board that Renode emulates, over its UART. Fails with QM533 (no Renode), QM534 (it ends before its time), and
 * as `runOverSerial` does.
 */
export async function runOnRenode(request: RenodeRunRequest): Promise<RenodeRun> {
  const { script, test, uart, expected, inputs, progress } = request;
  const renode = findExecutable('renode');
  if (renode === null) return fail('QM533', {}, { script, test });
  const port = await freeTcpPort();
  const running = startProcess(renode, renodeArguments(script, uart, port), path.dirname(script));
  try {
    let hasEnded = false;
    void running.ended.then(() => (hasEnded = true));
    const start = startClock();
    const stream = await connectTcp(port, () => !hasEnded && elapsedSeconds(start) < START_SECONDS);
    if (stream === null) return fail('QM534', {}, { reason: lastWords(running), script });
    try {
      const run = await runOverSerial(stream, expected, inputs, {
        port: `Renode’s ${uart}`,
        patience: PATIENCE,
        attempts: ATTEMPTS,
        firstAttempts: FIRST_ATTEMPTS,
        progress,
      });
      return { ...run, instructions: await awaitCounts(running, inputs.length) };
    } finally {
      await stream.close();
    }
  } finally {
    await running.stop();
  }
}

/** Without windows and monitor; the UART is a server on a TCP port. */
function renodeArguments(script: string, uart: string, port: number): readonly string[] {
  const commands = [
    `emulation CreateServerSocketTerminal ${port} "quantmcu" false`,
    `connector Connect sysbus.${uart} quantmcu`,
    'start',
  ];
  return [...['--disable-gui', '--plain', script], ...commands.flatMap((command) => ['-e', command])];
}

/** The log is written behind the emulation's back: its last lines may be on their way. */
async function awaitCounts(running: RunningProcess, inferences: number): Promise<readonly number[]> {
  const start = startClock();
  let counts = parseCounts(running.printed());
  while (counts.length < inferences && elapsedSeconds(start) < LOG_SECONDS) {
    await pause(50);
    counts = parseCounts(running.printed());
  }
  return counts;
}

function lastWords(running: RunningProcess): string {
  const lines = running
    .printed()
    .split('\n')
    .map((line) => line.trim())
    .filter((line) => line !== '');
  return lines.slice(-3).join(' / ') || `nobody answered in ${START_SECONDS} s`;
}
