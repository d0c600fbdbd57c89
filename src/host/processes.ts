import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { execa } from 'execa';
import { packagePath } from './package-root.ts';

export interface ProcessOptions {
  readonly cwd?: string;
  /** The process is killed after this many milliseconds; never, if absent. */
  readonly timeoutMs?: number;
  /** Shows what the process prints as it prints it, on stderr, instead of keeping it. */
  readonly passOutput?: boolean;
  /** What it reads on its stdin; nothing, if absent. */
  readonly input?: string;
}

/** How a process ended. */
export interface ProcessResult {
  /** Null when the process could not be started or was killed. */
  readonly exitCode: number | null;
  readonly timedOut: boolean;
  /** Name of the signal that killed it, or why it could not be started; null otherwise. */
  readonly failure: string | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end, without a shell. Never throws: every outcome is a result. */
export async function runProcess(
  command: string,
  args: readonly string[],
  options: ProcessOptions = {},
): Promise<ProcessResult> {
  const result = await execa(command, args, {
    reject: false,
    ...(options.input === undefined ? { stdin: 'ignore' } : { input: options.input }),
    forceKillAfterDelay: 1000,
    maxBuffer: 16 * 1024 * 1024,
    ...(options.passOutput === true ? { stdout: process.stderr, stderr: 'inherit' } : {}),
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  return describeEnd(result);
}

/**
 * Runs a command-line program of this package, `src/cli/<name>.ts` or what it was built to, to its end in a process of its own,
 * with `input` on its stdin.
 */
export async function runOwnProgram(name: string, input: string): Promise<ProcessResult> {
  const isSource = import.meta.filename.endsWith('.ts');
  const program = isSource
    ? packagePath('src', 'cli', `${name}.ts`)
    : packagePath('dist', 'cli', `${name}.js`);
  const loader = isSource
    ? ['--import', pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href]
    : [];
  return runProcess(process.execPath, [...loader, program], { input });
}

/** What execa tells of a process that has ended. */
interface Ended {
  readonly exitCode?: number | undefined;
  readonly timedOut: boolean;
  readonly signal?: string | undefined;
  readonly originalMessage?: string | undefined;
  readonly stdout?: unknown;
  readonly stderr?: unknown;
}

function describeEnd(result: Ended): ProcessResult {
  return {
    exitCode: result.exitCode ?? null,
    timedOut: result.timedOut,
    failure: result.exitCode === undefined ? (result.signal ?? result.originalMessage ?? 'unknown') : null,
    stdout: textOf(result.stdout),
    stderr: textOf(result.stderr),
  };
}

function textOf(output: unknown): string {
  return typeof output === 'string' ? output : '';
}

/** A program that runs until it is stopped. */
export interface RunningProcess {
  /** What it has printed so far, on stdout and stderr. */
  readonly printed: () => string;
  /** How it ended; never rejects. */
  readonly ended: Promise<ProcessResult>;
  /** Ends it, if it has not ended; resolves once it has. */
  readonly stop: () => Promise<ProcessResult>;
}

/** Starts a program, without a shell and with nothing on its stdin. */
export function startProcess(command: string, args: readonly string[], cwd: string): RunningProcess {
  const child = execa(command, args, {
    cwd,
    reject: false,
    stdin: 'ignore',
    all: true,
    forceKillAfterDelay: 2000,
    maxBuffer: 16 * 1024 * 1024,
  });
  let printed = '';
  child.all.on('data', (chunk: Buffer) => {
    printed += chunk.toString();
  });
  const ended = child.then(describeEnd);
  return {
    printed: () => printed,
    ended,
    stop: () => {
      child.kill();
      return ended;
    },
  };
}
