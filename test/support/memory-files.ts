import type { InputFiles } from '../../src/readers/inputs/load.ts';

/** A file system of one level of folders, in memory: paths like `folder/file` to contents. */
export function memoryFiles(contents: Readonly<Record<string, Uint8Array>>): InputFiles {
  const names = Object.keys(contents);
  return {
    isDirectory: (path) => Promise.resolve(names.some((name) => name.startsWith(`${path}/`))),
    list: (folder) =>
      Promise.resolve(
        names.filter((name) => name.startsWith(`${folder}/`)).map((name) => name.slice(folder.length + 1)),
      ),
    read: (file) => {
      const bytes = contents[file];
      return bytes === undefined ? Promise.reject(new Error(`no ${file}`)) : Promise.resolve(bytes);
    },
  };
}

/** A .npy file as NumPy writes it. */
export function npyFile(
  descr: string,
  shape: readonly number[],
  data: ArrayBufferView,
  { version = 1, fortranOrder = false } = {},
): Uint8Array {
  const extents = shape.length === 1 ? `${shape[0]!},` : shape.join(', ');
  const order = fortranOrder ? 'True' : 'False';
  const header = `{'descr': '${descr}', 'fortran_order': ${order}, 'shape': (${extents}), }`;
  const lengthBytes = version === 1 ? 2 : 4;
  const padded = `${header.padEnd(Math.ceil((9 + lengthBytes + header.length) / 64) * 64 - 9 - lengthBytes)}\n`;
  const start = 8 + lengthBytes + padded.length;
  const bytes = new Uint8Array(start + data.byteLength);
  bytes.set([0x93, ...new TextEncoder().encode('NUMPY'), version, 0]);
  const view = new DataView(bytes.buffer);
  if (version === 1) view.setUint16(8, padded.length, true);
  else view.setUint32(8, padded.length, true);
  bytes.set(new TextEncoder().encode(padded), 8 + lengthBytes);
  bytes.set(new Uint8Array(data.buffer, data.byteOffset, data.byteLength), start);
  return bytes;
}
