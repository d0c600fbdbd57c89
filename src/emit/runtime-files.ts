import path from 'node:path';
import type { Kernel, Program } from '../ir/program.ts';
import { templateText, type Templates } from './templates.ts';

/** Where the runtime lies, both in templates/ and in generated code. */
export const RUNTIME_FOLDER = 'runtime';

/** What every model needs whatever its layers are. */
const PLAYER_FILES = ['qmcu_tape.h', 'qmcu_tape.c', 'qmcu_ticks.h'];
const LICENSE_FILE = 'LICENSE';

const CLASSIFIER: Kernel = {
  function: 'qmcu_classify_s8',
  header: 'qmcu_classify_s8.h',
  sources: ['qmcu_classify_s8.c'],
};

/** The kernels that a program calls. */
export function kernelsOf({ layers, classifier }: Program): readonly Kernel[] {
  return [...layers.map(({ kernel }) => kernel), ...(classifier === null ? [] : [CLASSIFIER])];
}

/** Names of the runtime files that a program needs: its kernels, the tape player, what counts ticks, what these include, and the licence. */
export function neededRuntimeFiles(program: Program, templates: Templates): readonly string[] {
  const kernels = kernelsOf(program).flatMap(({ header, sources }) => [header, ...sources]);
  const needed = new Set<string>([LICENSE_FILE]);
  const add = (file: string): void => {
    if (needed.has(file)) return;
    needed.add(file);
    const included = includedFiles(templateText(templates, `${RUNTIME_FOLDER}/${file}`));
    included.map((name) => path.posix.join(path.posix.dirname(file), name)).forEach(add);
  };
  [...PLAYER_FILES, ...kernels].forEach(add);
  return [...needed].sort();
}

function includedFiles(text: string): readonly string[] {
  return [...text.matchAll(/^\s*#\s*include\s+"([^"]+)"/gm)].map((match) => match[1]!);
}
