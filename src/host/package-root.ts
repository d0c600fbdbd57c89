import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of package.json, the same from `src/` and from `dist/`. */
const root = findRoot(import.meta.dirname);

/** Absolute path of something that the package ships: `packagePath('targets', 'cortex-m4')`. */
export function packagePath(...parts: readonly string[]): string {
  return path.join(root, ...parts);
}

/** The version in package.json. */
export function toolVersion(): string {
  const manifest = JSON.parse(readFileSync(packagePath('package.json'), 'utf8')) as {
    readonly version: string;
  };
  return manifest.version;
}

function findRoot(folder: string): string {
  return existsSync(path.join(folder, 'package.json')) ? folder : findRoot(path.dirname(folder));
}
