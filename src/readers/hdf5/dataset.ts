import { unzlibSync } from 'fflate';
import { Cursor, UNDEFINED_ADDRESS, type Hdf5Bytes } from './cursor.ts';
import { readDataspace, readDatatype, type Datatype } from './datatype.ts';
import { readTree } from './group.ts';
import { findMessage, MESSAGE, type Message } from './object-header.ts';

/** An array of numbers as the file stores it. */
export interface Dataset {
  readonly shape: readonly number[];
  readonly type: Datatype;
  /** Its elements in row-major order, little-endian. */
  readonly data: Uint8Array;
}

const LAYOUT = { compact: 0, contiguous: 1, chunked: 2 } as const;
const FILTER = { deflate: 1, shuffle: 2, fletcher32: 3 } as const;

/** The array of an object; null for an object that is none. */
export function readDataset(source: Hdf5Bytes, messages: readonly Message[]): Dataset | null {
  const layout = findMessage(messages, MESSAGE.layout);
  const typeCursor = findMessage(messages, MESSAGE.datatype);
  const spaceCursor = findMessage(messages, MESSAGE.dataspace);
  if (layout === null || typeCursor === null || spaceCursor === null) return null;
  const type = readDatatype(typeCursor);
  const shape = readDataspace(spaceCursor) ?? [0];
  const byteCount = shape.reduce((product, extent) => product * extent, type.bytes);
  const version = layout.uint8();
  if (version < 3) layout.unsupported(`data layouts of version ${version}`);
  switch (layout.uint8()) {
    case LAYOUT.compact:
      return { shape, type, data: layout.part(layout.uint16()).take(byteCount) };
    case LAYOUT.contiguous: {
      const address = layout.offset();
      // Space that was never written is zero.
      if (address === UNDEFINED_ADDRESS) return { shape, type, data: layout.allocate(byteCount) };
      return { shape, type, data: new Cursor(source, address, byteCount).take(byteCount) };
    }
    case LAYOUT.chunked: {
      if (version > 3) layout.unsupported(`chunks indexed as in version ${version}`);
      const filters = readFilters(findMessage(messages, MESSAGE.filters));
      return { shape, type, data: readChunks(source, layout, shape, type.bytes, filters) };
    }
  }
  return layout.unsupported('virtual data sets');
}

/** The filters that each chunk went through when it was written, in that order. */
function readFilters(cursor: Cursor | null): readonly number[] {
  if (cursor === null) return [];
  const version = cursor.uint8();
  const count = cursor.uint8();
  if (version === 1) cursor.skip(6);
  return Array.from({ length: count }, () => {
    const id = cursor.uint16();
    const nameBytes = version === 1 || id >= 256 ? cursor.uint16() : 0;
    cursor.skip(2);
    const values = cursor.uint16();
    cursor.skip(nameBytes + 4 * values);
    if (version === 1 && values % 2 === 1) cursor.skip(4);
    return id;
  });
}

/** Puts an array together of its chunks, which a B-tree lists by where they begin. */
function readChunks(
  source: Hdf5Bytes,
  layout: Cursor,
  shape: readonly number[],
  elementBytes: number,
  filters: readonly number[],
): Uint8Array {
  const rank = layout.uint8() - 1;
  const root = layout.offset();
  const chunk = Array.from({ length: rank }, () => layout.uint32());
  const chunkBytes = chunk.reduce((product, extent) => product * extent, elementBytes);
  if (rank !== shape.length || chunkBytes < 1) layout.damaged(`chunks of ${chunkBytes} bytes`);
  const data = layout.allocate(shape.reduce((product, extent) => product * extent, elementBytes));
  if (root === UNDEFINED_ADDRESS) return data;
  const entries = readTree(source, root, (cursor) => {
    const bytes = cursor.uint32();
    const mask = cursor.uint32();
    const start = Array.from({ length: rank }, () => cursor.unsigned(8));
    cursor.skip(8);
    return { bytes, mask, start };
  });
  for (const { key, child } of entries) {
    const stored = new Cursor(source, child, key.bytes).take(key.bytes);
    const plain = undoFilters(layout, stored, filters, key.mask, chunkBytes, elementBytes);
    copyChunk(data, shape, plain, chunk, key.start, elementBytes);
  }
  return data;
}

function undoFilters(
  layout: Cursor,
  stored: Uint8Array,
  filters: readonly number[],
  mask: number,
  chunkBytes: number,
  elementBytes: number,
): Uint8Array {
  const applied = filters.filter((_, index) => (mask & (1 << index)) === 0);
  const plain = applied.reduceRight((bytes, filter) => {
    switch (filter) {
      case FILTER.deflate:
        return inflate(layout, bytes, chunkBytes);
      case FILTER.shuffle:
        return unshuffle(bytes, elementBytes);
      case FILTER.fletcher32:
        return bytes.subarray(0, Math.max(0, bytes.length - 4));
    }
    return layout.unsupported(`the filter ${filter}`);
  }, stored);
  return plain.length === chunkBytes ? plain : layout.damaged('a chunk has the wrong length');
}

function inflate(layout: Cursor, bytes: Uint8Array, length: number): Uint8Array {
  const out = layout.allocate(length);
  try {
    return unzlibSync(bytes, { out });
  } catch (error) {
    if (!(error instanceof Error)) throw error;
    return layout.damaged('a chunk cannot be unpacked');
  }
}

/** Elements again from all their first bytes, then all their second bytes, and so on. */
function unshuffle(bytes: Uint8Array, elementBytes: number): Uint8Array {
  const count = Math.floor(bytes.length / elementBytes);
  return bytes.map((byte, index) => {
    const element = Math.floor(index / elementBytes);
    return element < count ? bytes[(index % elementBytes) * count + element]! : byte;
  });
}

/** Copies what of a chunk lies within the array, a row of the last axis at a time. */
function copyChunk(
  data: Uint8Array,
  shape: readonly number[],
  plain: Uint8Array,
  chunk: readonly number[],
  start: readonly number[],
  elementBytes: number,
): void {
  const rowElements = chunk.at(-1) ?? 1;
  const rows = plain.length / (rowElements * elementBytes);
  const last = shape.length - 1;
  const width = Math.min(rowElements, (shape[last] ?? 1) - (start[last] ?? 0));
  for (let row = 0; row < rows && width > 0; row++) {
    let rest = row;
    let target = start[last] ?? 0;
    let step = shape[last] ?? 1;
    let isInside = true;
    for (let axis = last - 1; axis >= 0; axis--) {
      const at = (start[axis] ?? 0) + (rest % chunk[axis]!);
      rest = Math.floor(rest / chunk[axis]!);
      isInside &&= at < shape[axis]!;
      target += at * step;
      step *= shape[axis]!;
    }
    if (!isInside) continue;
    const from = row * rowElements * elementBytes;
    data.set(plain.subarray(from, from + width * elementBytes), target * elementBytes);
  }
}
