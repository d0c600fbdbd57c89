import yargs from 'yargs';
import { z } from 'zod';
import { DiagnosticError, diagnostic, fail } from '../diagnostics/diagnostic.ts';
import { formatDiagnostic } from '../diagnostics/format.ts';
import { feedbackLines } from '../host/feedback.ts';
import { readConfigFile } from './config-file.ts';
import type { Command, CommandResult } from './command.ts';
import { commands } from './commands.ts';
import { exitCodeOf } from './exit-code.ts';
import { configSchema, flagSchemas, kebab, type FlagName, type FlagValues } from './flags.ts';
import { toolVersion } from '../host/package-root.ts';

/** Where the two streams of a command go: stdout is the result, stderr is progress and problems. */
export interface Streams {
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
}

/**
 * Runs one command line. Returns the exit code: 0 done, 1 diagnostics, 2 usage, 3 over budget, 4 verification mismatch,
 * 70 internal error.
 */
export async function runCommandLine(args: readonly string[], streams: Streams): Promise<number> {
  const json = args.includes('--json');
  try {
    const result = await dispatch(args, streams);
    if (result === null) return 0;
    streams.out(json ? `${JSON.stringify(result.json, null, 2)}\n` : result.text);
    return result.exitCode;
  } catch (error) {
    if (!(error instanceof DiagnosticError)) {
      streams.err(
        `internal error, please report it: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
      );
      return 70;
    }
    for (const found of error.diagnostics) streams.err(`${formatDiagnostic(found)}\n`);
    if (json) streams.out(`${JSON.stringify({ diagnostics: error.diagnostics }, null, 2)}\n`);
    return exitCodeOf(error.diagnostics);
  }
}

/** Parses the arguments and runs the command they name; null where yargs answered by itself (help, version). */
async function dispatch(args: readonly string[], streams: Streams): Promise<CommandResult | null> {
  let result: CommandResult | null = null;
  let parser = yargs([...args])
    .scriptName('quantmcu')
    .usage('$0 <command> [options]')
    .version(toolVersion())
    .strict()
    .exitProcess(false)
    .demandCommand(1, 'name a command')
    .epilogue('Any flag may also stand in quantmcu.config.json (or the file that --config names).')
    .fail((message, error) => {
      // Yargs reports its own findings as YErrors; anything else was thrown by the command.
      if ((error as Error | undefined) instanceof Error && error.name !== 'YError') throw error;
      fail('QM701', {}, { reason: message });
    });
  for (const command of commands) {
    parser = parser.command(
      [command.name, ...command.positionals.map((name) => `[${name}]`)].join(' '),
      command.summary,
      (builder) => {
        for (const name of command.positionals)
          builder.positional(name, { type: 'string', describe: describe(name) });
        for (const name of [...command.flags, 'json' as const]) {
          builder.option(kebab(name), {
            type: flagSchemas[name] instanceof z.ZodBoolean ? 'boolean' : 'string',
            describe: describe(name),
            requiresArg: !(flagSchemas[name] instanceof z.ZodBoolean),
          });
        }
        return builder.option('config', {
          type: 'string',
          describe: 'the configuration file',
          requiresArg: true,
        });
      },
      async (argv) => {
        const values = await settle(command, argv);
        result = await command.run(values, feedbackLines(streams.err));
      },
    );
  }
  await parser.parseAsync([...args], {}, (_error, _argv, output) => {
    if (output !== '') streams.out(`${output}\n`);
  });
  return result;
}

function describe(name: FlagName): string {
  return flagSchemas[name].description ?? '';
}

/** The command's values: the configuration file's, overridden by the command line's, all validated. */
async function settle(command: Command, argv: Readonly<Record<string, unknown>>): Promise<FlagValues> {
  const known = new Set<string>([...command.positionals, ...command.flags, 'json']);
  const given = Object.fromEntries(
    Object.entries(argv).filter(([key, value]) => known.has(key) && value !== undefined),
  );
  const config = await readConfigFile(typeof argv['config'] === 'string' ? argv['config'] : null);
  const fromFile = validate(config.value, config.file ?? undefined);
  const values = { ...fromFile, ...validate(given, undefined) };
  const missing = command.positionals.filter((name) => values[name] === undefined);
  if (missing.length > 0) fail('QM702', { path: command.name }, { names: missing.join(', ') });
  return values;
}

function validate(value: unknown, file: string | undefined): FlagValues {
  const parsed = configSchema.safeParse(value);
  if (parsed.success)
    return Object.fromEntries(Object.entries(parsed.data).filter(([key]) => key !== '$schema'));
  throw new DiagnosticError(
    parsed.error.issues.map((issue) => {
      const path = issue.path.join('.');
      const place =
        file === undefined ? { path: path === '' ? 'command line' : `--${kebab(path)}` } : { file, path };
      return diagnostic('QM703', place, { reason: issue.message });
    }),
  );
}
