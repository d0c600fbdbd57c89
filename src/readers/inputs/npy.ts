import { fail } from '../../diagnostics/diagnostic.ts';

/** Values of a NumPy array as the file stores them. */
export type NpyData =
  | Uint8Array
  | Int8Array
  | Uint16Array
  | Int16Array
  | Uint32Array
  | Int32Array
  | BigUint64Array
  | BigInt64Array
  | Float32Array
  | Float64Array;

/** An array read from a .npy file, in C order. */
export interface NpyArray {
  /** NumPy's name without the byte order: `u1`, `f4` … */
  readonly dtype: keyof typeof ELEMENTS;
  readonly shape: readonly number[];
  readonly data: NpyData;
}

const ELEMENTS = {
  b1: Uint8Array,
  u1: Uint8Array,
  i1: Int8Array,
  u2: Uint16Array,
  i2: Int16Array,
  u4: Uint32Array,
  i4: Int32Array,
  u8: BigUint64Array,
  i8: BigInt64Array,
  f4: Float32Array,
  f8: Float64Array,
} as const;

const MAGIC = [0x93, 0x4e, 0x55, 0x4d, 0x50, 0x59];
const HEADER =
  /^\{\s*'descr':\s*'([^']*)',\s*'fortran_order':\s*(True|False),\s*'shape':\s*\(([^)]*)\),?\s*\}\s*$/;

/**
 * Reads a .npy file (format versions 1 to 3, C order, little endian, integers and floats of NumPy's common widths). Fails
 * with QM301 on anything else.
 */
export function readNpy(bytes: Uint8Array, file: string): NpyArray {
  const broken = (reason: string): never => fail('QM301', { file }, { reason });
  if (!MAGIC.every((byte, i) => bytes[i] === byte)) broken('it does not begin as a .npy file does');
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const lengthBytes = bytes[6] === 1 ? 2 : 4;
  const headerStart = 8 + lengthBytes;
  if (bytes.length < headerStart) broken('it ends within its header');
  if (bytes[6] !== 1 && bytes[6] !== 2 && bytes[6] !== 3) broken(`its format version is ${bytes[6]}`);
  const dataStart = headerStart + (lengthBytes === 2 ? view.getUint16(8, true) : view.getUint32(8, true));
  if (bytes.length < dataStart) broken('it ends within its header');

  const header = HEADER.exec(new TextDecoder().decode(bytes.subarray(headerStart, dataStart)));
  if (header === null) return broken('its header is not one of a plain array');
  const [, descr = '', fortranOrder, dimensions = ''] = header;
  if (fortranOrder === 'True') broken('it is in Fortran order (columns first)');
  const order = descr[0];
  const dtype = descr.slice(1);
  if (!isDtype(dtype)) return broken(`its type is ${descr}`);
  if (order === '>' && !dtype.endsWith('1')) broken('it is big endian');

  const shape = dimensions.split(',').flatMap((text) => (text.trim() === '' ? [] : [Number(text)]));
  if (!shape.every((extent) => Number.isSafeInteger(extent) && extent >= 0))
    broken(`its shape is (${dimensions})`);
  const count = shape.reduce((a, b) => a * b, 1);
  const Elements = ELEMENTS[dtype];
  const expected = count * Elements.BYTES_PER_ELEMENT;
  const found = bytes.length - dataStart;
  if (found !== expected)
    broken(`an array of ${shape.join('x')} ${dtype} has ${expected} bytes, the file ${found}`);
  // A copy, since the bytes need not be aligned (and a Buffer's slice would not be one).
  return { dtype, shape, data: new Elements(new Uint8Array(bytes.subarray(dataStart)).buffer) };
}

function isDtype(name: string): name is keyof typeof ELEMENTS {
  return name in ELEMENTS;
}
