import { fail } from '../../diagnostics/diagnostic.ts';
import type { Feedback } from '../../host/feedback.ts';
import type { ByteStream } from '../../host/serial-port.ts';
import { askProfile, inferOnce, Paces, type Patience, type Profile, type SerialInference } from './device.ts';
import { noJournal, type Journal } from './journal.ts';
import { LinkError, SerialLink } from './link.ts';

/** What is expected of the firmware at the other end. */
export interface ExpectedFirmware {
  readonly model: string;
  readonly build: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

export interface SerialRunOptions {
  /** What the user calls the port, for messages. */
  readonly port: string;
  readonly patience?: Patience;
  /** Attempts at one inference, or at the greeting, before the run is given up. */
  readonly attempts?: number;
  /** Attempts at the first greeting; as at others, if absent. */
  readonly firstAttempts?: number;
  readonly journal?: Journal;
  readonly progress?: Feedback['progress'];
}

export interface SerialRun {
  readonly inferences: readonly SerialInference[];
  /** How often something had to be done again. */
  readonly retries: number;
}

export const PROTOCOL = 'quantmcu serial 2';

/** A UART answers at once; the slowest inference takes about a minute on the smallest parts. */
const PATIENCE: Patience = { commandMs: 2_000, inferenceMs: 120_000 };
const ATTEMPTS = 5;

/**
 * Runs inferences on a device, each as often as it takes to come through whole. Bytes lost on the line, resets and hangs cost
 * attempts at the inference in hand and nothing else. Fails with QM522 (nobody answers), QM523 (another version of the
 * protocol), QM524 (firmware of another model), QM525 (an inference that fails again and again).
 */
export async function runOverSerial(
  stream: ByteStream,
  expected: ExpectedFirmware,
  inputs: readonly Uint8Array[],
  options: SerialRunOptions,
): Promise<SerialRun> {
  const { port, patience = PATIENCE, attempts = ATTEMPTS, journal = noJournal, progress } = options;
  const link = new SerialLink(stream);
  const { firstAttempts = attempts } = options;
  let retries = (await greet(link, expected, port, patience, firstAttempts)) - 1;
  const inferences: SerialInference[] = [];
  const paces = new Paces();
  for (const [i, input] of inputs.entries()) {
    progress?.('running on the device', i, inputs.length);
    const known = journal.done.get(i);
    if (known !== undefined) {
      inferences.push(known);
      continue;
    }
    for (let attempt = 1; ; attempt++) {
      try {
        const again = (): void => {
          retries += 1;
        };
        const result = await inferOnce(link, input, expected.outputBytes, patience, paces, attempt, again);
        inferences.push(result);
        await journal.add(i, result);
        break;
      } catch (error) {
        if (!(error instanceof LinkError)) throw error;
        retries += 1;
        if (attempt === attempts) {
          fail('QM525', {}, { port, inference: i, attempts, reason: error.message, done: inferences.length });
        }
        // It may have been reset, or replaced: whoever answers now must be the same firmware.
        retries += (await greet(link, expected, port, patience, attempts)) - 1;
      }
    }
  }
  return { inferences, retries };
}

/** Makes sure that the firmware expected is there; returns the attempts that it took. */
async function greet(
  link: SerialLink,
  expected: ExpectedFirmware,
  port: string,
  patience: Patience,
  attempts: number,
): Promise<number> {
  for (let attempt = 1; ; attempt++) {
    try {
      await link.recover(patience.greetingMs ?? patience.commandMs);
      checkProfile(await askProfile(link, patience), expected, port, attempt < attempts);
      return attempt;
    } catch (error) {
      if (!(error instanceof LinkError)) throw error;
      if (attempt === attempts) fail('QM522', {}, { port, reason: error.message });
    }
  }
}

/** `mayBeGarbled`: whether a difference is to be asked about again, since a byte may be lost in any line. */
function checkProfile(
  profile: Profile,
  expected: ExpectedFirmware,
  port: string,
  mayBeGarbled: boolean,
): void {
  const { protocol, model, build, inputBytes, outputBytes } = profile;
  const isSame =
    protocol === PROTOCOL &&
    model === expected.model &&
    build === expected.build &&
    inputBytes === expected.inputBytes &&
    outputBytes === expected.outputBytes;
  if (isSame) return;
  if (mayBeGarbled) throw new LinkError(`the firmware on ${port} is another`);
  if (protocol !== PROTOCOL) fail('QM523', {}, { port, protocol, expected: PROTOCOL });
  fail(
    'QM524',
    {},
    {
      port,
      model,
      build,
      expectedModel: expected.model,
      expectedBuild: expected.build,
    },
  );
}
