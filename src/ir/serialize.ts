/**
 * A value of plain objects, arrays, numbers, strings, booleans, null and typed arrays as bytes and back. The form:
 * the JSON's byte count (uint32, little endian), the JSON, zero bytes up to a multiple of 8, then the typed arrays' bytes,
 * each aligned to 8. In the JSON a typed array is `{"$array": type, "at": offset, "length": n}`; the numbers that JSON
 * lacks are `{"$number": "Infinity" | "-Infinity" | "NaN"}`.
 */

const ARRAY_TYPES = {
  Int8Array,
  Uint8Array,
  Int16Array,
  Uint16Array,
  Int32Array,
  Float32Array,
  Float64Array,
} as const;
type TypedArray = InstanceType<(typeof ARRAY_TYPES)[keyof typeof ARRAY_TYPES]>;

const ALIGNMENT = 8;
const align = (bytes: number): number => Math.ceil(bytes / ALIGNMENT) * ALIGNMENT;

export function serialize(value: unknown): Uint8Array {
  const arrays: TypedArray[] = [];
  let end = 0;
  const json = JSON.stringify(value, (_key, item: unknown) => {
    if (typeof item === 'number' && !Number.isFinite(item)) return { $number: String(item) };
    if (!ArrayBuffer.isView(item)) return item;
    const array = item as TypedArray;
    const at = end;
    arrays.push(array);
    end = align(at + array.byteLength);
    return { $array: array.constructor.name, at, length: array.length };
  });
  const text = new TextEncoder().encode(json);
  const start = align(4 + text.length);
  const bytes = new Uint8Array(start + end);
  new DataView(bytes.buffer).setUint32(0, text.length, true);
  bytes.set(text, 4);
  let at = start;
  for (const array of arrays) {
    bytes.set(new Uint8Array(array.buffer, array.byteOffset, array.byteLength), at);
    at = align(at + array.byteLength);
  }
  return bytes;
}

/** The value that `serialize` made `bytes` of; throws a RangeError or SyntaxError on anything else. */
export function deserialize(bytes: Uint8Array): unknown {
  const textLength = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength).getUint32(0, true);
  const start = align(4 + textLength);
  if (start > bytes.length) throw new RangeError('the header is longer than the file');
  return JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + textLength)), (_key, item: unknown) => {
    if (item === null || typeof item !== 'object') return item;
    if ('$number' in item) return Number(item.$number);
    if ('$array' in item) return readArray(bytes, start, item as unknown as ArrayHeader);
    return item;
  }) as unknown;
}

interface ArrayHeader {
  readonly $array: keyof typeof ARRAY_TYPES;
  readonly at: number;
  readonly length: number;
}

function readArray(bytes: Uint8Array, start: number, header: ArrayHeader): TypedArray {
  const type = ARRAY_TYPES[header.$array];
  const from = start + header.at;
  const to = from + header.length * type.BYTES_PER_ELEMENT;
  if (!(to <= bytes.length)) throw new RangeError('an array ends beyond the file');
  // A copy: the view of a buffer that starts anywhere need not be aligned.
  return new type(bytes.slice(from, to).buffer);
}
