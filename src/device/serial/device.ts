import { elapsedSeconds, startClock } from '../../host/clock.ts';
import { crc32 } from './crc32.ts';
import { LinkError, type SerialLink } from './link.ts';

/** What firmware says of itself. */
export interface Profile {
  /** Name and version of the protocol. */
  readonly protocol: string;
  readonly model: string;
  /** Identifies the generated code, see `serialBuildId`. */
  readonly build: string;
  readonly inputBytes: number;
  readonly outputBytes: number;
}

/** One inference on the device. */
export interface SerialInference {
  readonly output: Uint8Array;
  readonly ticks: number;
  readonly stackBytes: number;
}

/** How long to wait for answers. */
export interface Patience {
  /** For a sign of life; as for any command, if absent. Short where what is said before the firmware listens is lost. */
  readonly greetingMs?: number;
  readonly commandMs: number;
  readonly inferenceMs: number;
}

/**
 * How long to wait for an answer of a kind that was timed before: several times as long as they took lately, and longer at each further
 * attempt. What comes later is taken for lost, and asked for again; so a lost byte costs little.
 */
export class Pace {
  #lateMs = Infinity;

  /** The time to wait at an attempt (from 1) where `mostMs` are given. */
  within(mostMs: number, attempt: number): number {
    const wait = Math.max(LEAST_WAIT_MS, WAIT_FACTOR * this.#lateMs);
    return Math.min(mostMs, wait * FURTHER_FACTOR ** (attempt - 1));
  }

  took(ms: number): void {
    this.#lateMs = Number.isFinite(this.#lateMs) ? Math.max(FORGETTING * this.#lateMs, ms) : ms;
  }
}

const LEAST_WAIT_MS = 100;
const WAIT_FACTOR = 8;
const FURTHER_FACTOR = 4;
const FORGETTING = 0.9;

/** The answers that are timed: to the parts of an input, and to the command that runs the model. */
export class Paces {
  readonly load = new Pace();
  readonly inference = new Pace();
}

/** Bytes of input in one command: half as many as its hexadecimal digits, which the firmware has room for 320 of. */
const BYTES_A_COMMAND = 128;

/** What firmware says of itself. Throws a LinkError where its answer is not whole. */
export async function askProfile(link: SerialLink, { commandMs }: Patience): Promise<Profile> {
  const answer = await link.command('profile', commandMs);
  const [inputBytes, outputBytes] = field(answer, 'bytes').split(',').map(Number);
  if (!(inputBytes! > 0 && outputBytes! > 0)) throw new LinkError('the profile is garbled');
  return {
    protocol: field(answer, 'profile'),
    model: field(answer, 'model'),
    build: field(answer, 'build'),
    inputBytes: inputBytes!,
    outputBytes: outputBytes!,
  };
}

/** The commands that load an input, the `%` behind each left out. */
export function inputCommands(input: Uint8Array): readonly string[] {
  const commands = [`db load ${input.length}`];
  for (let at = 0; at < input.length; at += BYTES_A_COMMAND) {
    commands.push(`db ${Buffer.from(input.subarray(at, at + BYTES_A_COMMAND)).toString('hex')}`);
  }
  return commands;
}

/** Attempts at one command of a load before the whole input is loaded anew. */
const COMMAND_ATTEMPTS = 6;

/**
 * Loads an input, runs it once and fetches the results. What is lost while loading is sent again, a command at a time, and told to `again`;
 * `pace` says after how long it counts as lost.
 * Throws a LinkError where more was lost, or at another place.
 */
export async function inferOnce(
  link: SerialLink,
  input: Uint8Array,
  outputBytes: number,
  patience: Patience,
  paces: Paces,
  attempt: number,
  again: () => void,
): Promise<SerialInference> {
  await load(link, input, patience, paces.load, again);
  const waitMs = paces.inference.within(patience.inferenceMs, attempt);
  const said = stopOnError(await timed(paces.inference, () => link.command('infer 1', waitMs)));
  const output = Uint8Array.from(Int8Array.from(field(said, 'results').split(',').map(Number)));
  if (output.length !== outputBytes || field(said, 'crc') !== crc32(output)) {
    throw new LinkError('the results arrived garbled');
  }
  return { output, ticks: count(said, 'ticks'), stackBytes: count(said, 'stack') };
}

async function load(
  link: SerialLink,
  input: Uint8Array,
  { greetingMs, commandMs }: Patience,
  pace: Pace,
  again: () => void,
): Promise<void> {
  const [begin, ...rest] = inputCommands(input);
  stopOnError(await link.command(begin!, commandMs));
  for (const [i, command] of rest.entries()) {
    const [from, to] = [i * BYTES_A_COMMAND, Math.min(input.length, (i + 1) * BYTES_A_COMMAND)];
    for (let attempt = 1; ; attempt++) {
      try {
        if (attempt > 1) {
          await link.recover(greetingMs ?? commandMs);
          expectAt(stopOnError(await link.command(`db at ${from}`, commandMs)), from);
        }
        const waitMs = pace.within(commandMs, attempt);
        const answer = stopOnError(await timed(pace, () => link.command(command, waitMs)));
        if (to < input.length) expectAt(answer, to);
        else if (!answer.includes('m-load-done')) throw new LinkError('bytes of the input were lost');
        else if (field(answer, 'crc') !== crc32(input)) throw new LinkError('the input arrived garbled');
        break;
      } catch (error) {
        if (!(error instanceof LinkError) || attempt === COMMAND_ATTEMPTS) throw error;
        again();
      }
    }
  }
}

async function timed<T>(pace: Pace, ask: () => Promise<T>): Promise<T> {
  const start = startClock();
  const answer = await ask();
  pace.took(1000 * elapsedSeconds(start));
  return answer;
}

/** Throws a LinkError where the device has loaded another number of bytes. */
function expectAt(answer: readonly string[], bytes: number): void {
  if (count(answer, 'at') !== bytes) throw new LinkError('bytes of the input were lost');
}

/** The value of the line `m-name-[value]`. */
function field(answer: readonly string[], name: string): string {
  const line = answer.find((candidate) => candidate.startsWith(`m-${name}-[`) && candidate.endsWith(']'));
  if (line === undefined) throw new LinkError(`the answer lacks \`m-${name}\``);
  return line.slice(`m-${name}-[`.length, -1);
}

function count(answer: readonly string[], name: string): number {
  const text = field(answer, name);
  if (!/^\d+$/.test(text)) throw new LinkError(`\`m-${name}\` is garbled`);
  return Number(text);
}

function stopOnError(answer: readonly string[]): readonly string[] {
  const error = answer.find((line) => line.startsWith('e-['));
  if (error !== undefined) throw new LinkError(`it refused: ${error.slice('e-['.length, -1)}`);
  return answer;
}
