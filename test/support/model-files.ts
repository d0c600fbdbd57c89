import { fail } from '../../src/diagnostics/diagnostic.ts';
import type { ModelSource } from '../../src/readers/model-files.ts';
import { listTestdata, testdata } from './testdata.ts';

/** A model in memory: one file among `contents`, or all of them as a folder. */
export function memoryModel(
  path: string | null,
  contents: Readonly<Record<string, Uint8Array>>,
  file = path ?? 'folder',
): ModelSource {
  const read = async (name: string): Promise<Uint8Array> => {
    return Promise.resolve(contents[name] ?? fail('QM101', { file: name }, { reason: 'it is not there' }));
  };
  return { file, path, files: { read, list: () => Promise.resolve(Object.keys(contents).sort()) } };
}

/** A model of the test data: a file, or a folder. */
export function testdataModel(name: string): ModelSource {
  const isFolder = /\.(savedmodel|tfjs[\w-]*)$/.test(name);
  const [folder, path] = isFolder ? [`models/${name}`, null] : split(`models/${name}`);
  return {
    file: name,
    path,
    files: {
      read: (file) => Promise.resolve(testdata(`${folder}/${file}`)),
      list: () => Promise.resolve(listTestdata(folder)),
    },
  };
}

function split(file: string): readonly [string, string] {
  const at = file.lastIndexOf('/');
  return [file.slice(0, at), file.slice(at + 1)];
}
