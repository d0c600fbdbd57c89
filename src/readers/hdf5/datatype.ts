import type { Cursor } from './cursor.ts';

/** The types of elements that Keras files hold. */
export type Datatype =
  | { readonly kind: 'float' | 'integer'; readonly bytes: number; readonly isSigned: boolean }
  | { readonly kind: 'text'; readonly bytes: number }
  /** Texts of any length, in a heap of the file. */
  | { readonly kind: 'texts'; readonly bytes: number }
  | { readonly kind: 'other'; readonly name: string; readonly bytes: number };

const CLASS_NAMES = [
  'integer',
  'float',
  'time',
  'text',
  'bit field',
  'opaque',
  'compound',
  'reference',
  'enumeration',
  'variable-length',
  'array',
];
/** Exponents of IEEE numbers by how many bytes they have. */
const EXPONENT_BITS = new Map([
  [2, 5],
  [4, 8],
  [8, 11],
]);

export function readDatatype(cursor: Cursor): Datatype {
  const kind = cursor.uint8() & 0x0f;
  const bits = cursor.uint8();
  cursor.skip(2);
  const bytes = cursor.uint32();
  const name = CLASS_NAMES[kind] ?? `class ${kind}`;
  const isLittleEndian = (bits & 1) === 0;
  switch (kind) {
    case 0:
      return isLittleEndian && [1, 2, 4, 8].includes(bytes)
        ? { kind: 'integer', bytes, isSigned: (bits & 8) !== 0 }
        : { kind: 'other', name: 'big-endian integer', bytes };
    case 1: {
      cursor.skip(5);
      const exponentBits = cursor.uint8();
      return isLittleEndian && EXPONENT_BITS.get(bytes) === exponentBits
        ? { kind: 'float', bytes, isSigned: true }
        : { kind: 'other', name: `float of ${bytes} bytes`, bytes };
    }
    case 3:
      return { kind: 'text', bytes };
    case 9:
      return (bits & 0x0f) === 1 ? { kind: 'texts', bytes } : { kind: 'other', name, bytes };
  }
  return { kind: 'other', name, bytes };
}

/** Extents of a dataspace; none for a single value, null for no value at all. */
export function readDataspace(cursor: Cursor): readonly number[] | null {
  const version = cursor.uint8();
  const rank = cursor.uint8();
  cursor.skip(1);
  const NULL_SPACE = 2;
  if (version === 1) cursor.skip(5);
  else if (cursor.uint8() === NULL_SPACE) return null;
  return Array.from({ length: rank }, () => cursor.length());
}
