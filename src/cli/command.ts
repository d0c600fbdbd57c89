import type { Feedback } from '../host/feedback.ts';
import type { FlagName, FlagValues } from './flags.ts';

/** What a command hands back: an object for `--json`, the same as text for people, and the exit code, 0 for success. */
export interface CommandResult {
  readonly json: object;
  readonly text: string;
  readonly exitCode: number;
}

/** One command of the command line: nothing but argument handling around a pipeline. */
export interface Command {
  readonly name: string;
  readonly summary: string;
  /** Positional arguments by the flag they fill, in order; all are required, here or in the configuration file. */
  readonly positionals: readonly FlagName[];
  readonly flags: readonly FlagName[];
  readonly run: (values: FlagValues, feedback: Feedback) => Promise<CommandResult>;
}
