import { accessSync, constants, statSync } from 'node:fs';
import { availableParallelism, homedir, tmpdir } from 'node:os';
import path from 'node:path';

/** Value of an environment variable; null when it is unset or empty. */
export function environmentVariable(name: string): string | null {
  const value = process.env[name];
  return value === undefined || value === '' ? null : value;
}

/** Absolute path of the program that a shell would run for `command`; null when there is none. */
export function findExecutable(command: string): string | null {
  for (const folder of (process.env['PATH'] ?? '').split(path.delimiter)) {
    const file = path.resolve(folder, command);
    if (folder !== '' && isExecutableFile(file)) return file;
  }
  return null;
}

/** Processes that this computer runs at once. */
export function processorCount(): number {
  return availableParallelism();
}

/** Whether this process may do everything on this computer. */
export function isSuperuser(): boolean {
  return process.getuid?.() === 0;
}

/** Where what can be made again at any time is kept between runs. */
export function cacheFolder(): string {
  const base = environmentVariable('XDG_CACHE_HOME') ?? path.join(homedir() || tmpdir(), '.cache');
  return path.join(base, 'quantmcu');
}

function isExecutableFile(file: string): boolean {
  if (!(statSync(file, { throwIfNoEntry: false })?.isFile() ?? false)) return false;
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EACCES') return false;
    throw error;
  }
}
