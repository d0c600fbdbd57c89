import { fail } from '../diagnostics/diagnostic.ts';
import { findExecutable } from '../host/environment.ts';
import { runProcess } from '../host/processes.ts';

/** A program that quantmcu runs but does not bring along. */
export interface ExternalTool {
  readonly title: string;
  /** Commands that serve, the preferred one first. */
  readonly commands: readonly string[];
  /** Completes “it is needed …”. */
  readonly purpose: string;
  /** Debian and Ubuntu packages that bring it. */
  readonly packages: readonly string[];
}

export const externalTools: readonly ExternalTool[] = [
  {
    title: 'Arm embedded compiler',
    commands: ['arm-none-eabi-gcc'],
    purpose: 'to compile for Cortex-M',
    packages: ['gcc-arm-none-eabi', 'libnewlib-arm-none-eabi'],
  },
  {
    title: 'QEMU for Arm',
    commands: ['qemu-system-arm'],
    purpose: 'to run firmware on an emulated board',
    packages: ['qemu-system-arm'],
  },
  {
    title: 'C compiler of this computer',
    commands: ['gcc', 'clang', 'cc'],
    purpose: 'to run generated code on this computer',
    packages: ['gcc', 'libc6-dev'],
  },
];

/** A program found on this computer. */
export interface InstalledTool {
  readonly command: string;
  readonly path: string;
  /** First line of what it says of its version. */
  readonly version: string;
}

/** The first of `commands` that is installed and runs; null when none does. */
export async function findTool(commands: readonly string[]): Promise<InstalledTool | null> {
  for (const command of commands) {
    const path = findExecutable(command);
    if (path === null) continue;
    const answer = await runProcess(path, ['--version']);
    if (answer.exitCode === 0) return { command, path, version: answer.stdout.split('\n')[0] ?? '' };
  }
  return null;
}

/** The tool, or QM501 with the line that installs it. */
export async function requireTool(commands: readonly string[]): Promise<InstalledTool> {
  const found = await findTool(commands);
  if (found !== null) return found;
  const known = externalTools.find((tool) => tool.commands.some((command) => commands.includes(command)));
  return fail(
    'QM501',
    {},
    {
      tool: commands.join(' or '),
      purpose: known?.purpose ?? 'by this target',
      remedy:
        known === undefined ? 'install it and put it on the PATH' : `type: ${installLine(known.packages)}`,
    },
  );
}

/** What a user of Debian or Ubuntu types to install packages. */
export function installLine(packages: readonly string[]): string {
  return `sudo apt-get install -y --no-install-recommends ${packages.join(' ')}`;
}
