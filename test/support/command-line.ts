import { runCommandLine } from '../../src/cli/run.ts';

/** What one command line did. */
export interface Ran {
  readonly exitCode: number;
  readonly out: string;
  readonly err: string;
}

/** Runs the command line in this process. */
export async function quantmcu(...args: readonly string[]): Promise<Ran> {
  let out = '';
  let err = '';
  const exitCode = await runCommandLine(args, {
    out: (text) => (out += text),
    err: (text) => (err += text),
  });
  return { exitCode, out, err };
}

/** The diagnostics that a failed command printed with --json. */
export function diagnosticsOf({
  out,
}: Ran): readonly { code: string; message: string; hint: string; place: object }[] {
  return (
    JSON.parse(out) as { diagnostics: { code: string; message: string; hint: string; place: object }[] }
  ).diagnostics;
}
