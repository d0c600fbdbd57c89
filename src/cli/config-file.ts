import path from 'node:path';
import { fail } from '../diagnostics/diagnostic.ts';
import { kindOfPath, readText } from '../host/files.ts';
import type { FlagName } from './flags.ts';

/** Read when it stands in the working folder and no other is named. */
const DEFAULT_CONFIG_FILE = 'quantmcu.config.json';

/** Flags that name files; in a configuration file they are relative to its folder. */
const PATH_FLAGS: readonly FlagName[] = [
  'model',
  'dir',
  'out',
  'calibration',
  'inputs',
  'data',
  'labels',
  'skipPositions',
];

export interface ConfigFile {
  /** Null where there is none. */
  readonly file: string | null;
  /** As parsed from JSON, paths resolved; not validated. */
  readonly value: object;
}

/** Reads the configuration file `named`, or the default one if it is there. Fails with QM101 or QM704. */
export async function readConfigFile(named: string | null): Promise<ConfigFile> {
  const file = named ?? DEFAULT_CONFIG_FILE;
  if (named === null && (await kindOfPath(file)) === 'nothing') return { file: null, value: {} };
  const value = parseObject(await readText(file), file);
  const folder = path.dirname(file);
  const paths = PATH_FLAGS.flatMap((name) => {
    const given = value[name];
    return typeof given === 'string'
      ? [[name, path.isAbsolute(given) ? given : path.join(folder, given)]]
      : [];
  });
  return { file, value: { ...value, ...(Object.fromEntries(paths) as object) } };
}

function parseObject(text: string, file: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value))
      return value as Record<string, unknown>;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return fail('QM704', { file }, { reason: error.message });
  }
  return fail('QM704', { file }, { reason: 'it is not an object' });
}
