import { Cursor, type Hdf5Bytes } from './cursor.ts';

/** Types of the messages in an object's header that matter here. */
export const MESSAGE = {
  dataspace: 0x01,
  linkInfo: 0x02,
  datatype: 0x03,
  link: 0x06,
  layout: 0x08,
  filters: 0x0b,
  attribute: 0x0c,
  continuation: 0x10,
  symbolTable: 0x11,
  attributeInfo: 0x15,
} as const;

/** A message in an object's header. */
export interface Message {
  readonly type: number;
  /** It stands elsewhere in the file, for several objects. */
  readonly isShared: boolean;
  /** A cursor at its start. */
  readonly open: () => Cursor;
}

const SHARED = 0x02;

/** The messages of the object at `address`, continuation blocks included. */
export function readMessages(source: Hdf5Bytes, address: number): readonly Message[] {
  const cursor = new Cursor(source, address);
  return source.bytes[address] === 1 ? readVersion1(cursor) : readVersion2(cursor);
}

function readVersion1(cursor: Cursor): readonly Message[] {
  cursor.skip(2);
  const count = cursor.uint16();
  cursor.skip(4);
  const size = cursor.uint32();
  cursor.skip(4);
  const messages: Message[] = [];
  const blocks = [cursor.part(size)];
  for (const block of blocks) {
    while (block.left >= 8 && messages.length < count) {
      const type = block.uint16();
      const length = block.uint16();
      const flags = block.uint8();
      block.skip(3);
      const start = block.at;
      const body = block.part(length);
      messages.push(messageAt(cursor.source, type, flags, start, length));
      if (type === MESSAGE.continuation) blocks.push(new Cursor(cursor.source, body.offset(), body.length()));
    }
  }
  return messages;
}

function readVersion2(cursor: Cursor): readonly Message[] {
  cursor.expect('OHDR');
  if (cursor.uint8() !== 2) cursor.damaged('an object has a header of an unknown version');
  const flags = cursor.uint8();
  if (flags & 0x20) cursor.skip(16);
  if (flags & 0x10) cursor.skip(4);
  const size = cursor.unsigned(1 << (flags & 3));
  const headBytes = flags & 4 ? 6 : 4;
  const messages: Message[] = [];
  const blocks = [cursor.part(size)];
  for (const block of blocks) {
    while (block.left >= headBytes) {
      const type = block.uint8();
      const length = block.uint16();
      const own = block.uint8();
      block.skip(headBytes - 4);
      if (length > block.left) break;
      const start = block.at;
      const body = block.part(length);
      messages.push(messageAt(cursor.source, type, own, start, length));
      if (type === MESSAGE.continuation) blocks.push(continuation(cursor.source, body));
    }
  }
  return messages;
}

/** The messages of a continuation block, between its signature and its checksum. */
function continuation(source: Hdf5Bytes, body: Cursor): Cursor {
  const [address, length] = [body.offset(), body.length()];
  const block = new Cursor(source, address, length);
  block.expect('OCHK');
  return new Cursor(source, address + 4, Math.max(0, length - 8));
}

function messageAt(source: Hdf5Bytes, type: number, flags: number, start: number, length: number): Message {
  return { type, isShared: (flags & SHARED) !== 0, open: () => new Cursor(source, start, length) };
}

/** The message of a type that an object has once; null where it has none. */
export function findMessage(messages: readonly Message[], type: number): Cursor | null {
  const found = messages.find((message) => message.type === type);
  if (found?.isShared === true) return found.open().unsupported('shared messages');
  return found?.open() ?? null;
}
