import { Cursor, decodeText, padTo8, UNDEFINED_ADDRESS, type Hdf5Bytes } from './cursor.ts';
import { readDataspace, readDatatype } from './datatype.ts';
import { findMessage, MESSAGE, type Message } from './object-header.ts';

/** The attributes of an object that hold texts, by their names. */
export function readTextAttributes(
  source: Hdf5Bytes,
  messages: readonly Message[],
): ReadonlyMap<string, readonly string[]> {
  requireCompact(messages);
  const attributes = new Map<string, readonly string[]>();
  for (const message of messages) {
    if (message.type !== MESSAGE.attribute) continue;
    const { name, texts } = readAttribute(source, message.open());
    if (texts !== null) attributes.set(name, texts);
  }
  return attributes;
}

function readAttribute(
  source: Hdf5Bytes,
  cursor: Cursor,
): { readonly name: string; readonly texts: readonly string[] | null } {
  const version = cursor.uint8();
  const flags = cursor.uint8();
  const [nameBytes, typeBytes, spaceBytes] = [cursor.uint16(), cursor.uint16(), cursor.uint16()];
  if (version === 3) cursor.skip(1);
  const padded = (bytes: number): Cursor => {
    const part = cursor.part(bytes);
    if (version === 1) cursor.skip(padTo8(bytes));
    return part;
  };
  const name = decodeText(padded(nameBytes).take(nameBytes));
  const typeCursor = padded(typeBytes);
  const spaceCursor = padded(spaceBytes);
  // Types and spaces that stand elsewhere in the file: Keras writes none.
  if (version !== 1 && flags !== 0) return { name, texts: null };
  const type = readDatatype(typeCursor);
  const count = (readDataspace(spaceCursor) ?? [0]).reduce((product, extent) => product * extent, 1);
  if (type.bytes === 0 || !(count * type.bytes <= cursor.left))
    cursor.damaged(`the attribute "${name}" is cut short`);
  switch (type.kind) {
    case 'text':
      return { name, texts: Array.from({ length: count }, () => decodeText(cursor.take(type.bytes))) };
    case 'texts':
      return { name, texts: Array.from({ length: count }, () => readHeapText(source, cursor)) };
    case 'float':
    case 'integer':
    case 'other':
      return { name, texts: null };
  }
}

/** A text in the global heap, from what an attribute says of it: its length, the heap's address and its number in the heap. */
function readHeapText(source: Hdf5Bytes, cursor: Cursor): string {
  const length = cursor.uint32();
  const address = cursor.offset();
  const wanted = cursor.uint32();
  if (length === 0 || address === UNDEFINED_ADDRESS) return '';
  const head = new Cursor(source, address);
  head.expect('GCOL');
  head.skip(4);
  const heap = new Cursor(source, address, head.length());
  heap.skip(head.at - address);
  while (heap.left >= 8 + source.lengthBytes) {
    const index = heap.uint16();
    heap.skip(6);
    const bytes = heap.length();
    if (index === wanted) return new TextDecoder().decode(heap.take(Math.min(length, bytes)));
    if (index === 0) break;
    heap.skip(bytes + padTo8(bytes));
  }
  return cursor.damaged('a text is missing from its heap');
}

/** Stops with QM109 where attributes are kept in a heap, as new versions of HDF5 can do for many or large ones. */
function requireCompact(messages: readonly Message[]): void {
  const info = findMessage(messages, MESSAGE.attributeInfo);
  if (info === null) return;
  info.skip(1);
  if (info.uint8() & 1) info.skip(2);
  if (info.offset() !== UNDEFINED_ADDRESS) info.unsupported('dense attributes');
}
