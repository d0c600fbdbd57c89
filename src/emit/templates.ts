import Handlebars from 'handlebars';
import { listFilesBelow, readText } from '../host/files.ts';
import { packagePath } from '../host/package-root.ts';
import { assert } from '../util/never.ts';

/** The texts under templates/ that a model is put together from: by path relative to it, with forward slashes. */
export type Templates = ReadonlyMap<string, string>;

const RUNTIME_FOLDER = 'runtime';
const MODEL_TEMPLATES = [
  'model.h.hbs',
  'model.c.hbs',
  'weights.h.hbs',
  'weights.c.hbs',
  'CMakeLists.txt.hbs',
];

/** Reads the templates of generated code and the runtime. */
export async function loadTemplates(): Promise<Templates> {
  const runtime = await listFilesBelow(packagePath('templates', RUNTIME_FOLDER));
  const paths = [...MODEL_TEMPLATES, ...runtime.map((file) => `${RUNTIME_FOLDER}/${file}`)];
  const texts = await Promise.all(paths.map((path) => readText(packagePath('templates', path))));
  return new Map(paths.map((path, i) => [path, texts[i]!]));
}

/** The text of one template; asking for one that is not there is a bug. */
export function templateText(templates: Templates, path: string): string {
  const text = templates.get(path);
  assert(text !== undefined, `there is no template ${path}`);
  return text;
}

/** Lays `view` out by a template. Nothing is escaped; a field that the view lacks is a bug. */
export function render(templates: Templates, path: string, view: object): string {
  const layOut = Handlebars.compile(templateText(templates, path), { noEscape: true, strict: true });
  return layOut(view);
}
