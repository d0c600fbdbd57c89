import type { Program } from '../ir/program.ts';
import { assert } from '../util/never.ts';
import type { EmitContext } from './context.ts';
import { buildManifest, formatManifest, MANIFEST_FILE } from './manifest.ts';
import { viewModel } from './model-view.ts';
import { neededRuntimeFiles, RUNTIME_FOLDER } from './runtime-files.ts';
import { render, templateText, type Templates } from './templates.ts';

/** Contents of an output folder: by path relative to it, with forward slashes. */
export type EmittedFiles = ReadonlyMap<string, string | Uint8Array>;

/**
 * The C of a program with the runtime files it needs, its CMakeLists.txt and, last, its manifest. `extras` are further files
 * for the folder, which the manifest lists with the others. Same arguments, same bytes.
 */
export function emitModel(
  program: Program,
  context: EmitContext,
  templates: Templates,
  extras: EmittedFiles = new Map(),
): EmittedFiles {
  assert(/^[a-z][a-z0-9_]*$/.test(program.name), `${program.name} is a C identifier`);
  assert(program.layers.length > 0, 'a program computes something');
  const view = viewModel(program, context);
  const files = new Map<string, string | Uint8Array>([
    [`${program.name}_model.h`, render(templates, 'model.h.hbs', view)],
    [`${program.name}_model.c`, render(templates, 'model.c.hbs', view)],
    [`${program.name}_weights.h`, render(templates, 'weights.h.hbs', view)],
    [`${program.name}_weights.c`, render(templates, 'weights.c.hbs', view)],
  ]);
  for (const file of neededRuntimeFiles(program, templates)) {
    const path = `${RUNTIME_FOLDER}/${file}`;
    files.set(path, templateText(templates, path));
  }
  const sources = [...files.keys()].filter((path) => path.endsWith('.c'));
  files.set('CMakeLists.txt', render(templates, 'CMakeLists.txt.hbs', { ...view, sources }));
  for (const [path, contents] of extras) files.set(path, contents);
  return files.set(MANIFEST_FILE, formatManifest(buildManifest(program, context, files)));
}
