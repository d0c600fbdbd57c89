import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import type { ConstantValue } from '../graphdef/value.ts';
import { ByteReader, Message } from './protobuf.ts';
import { decodeNumbers, elementType, readShape, type DecodingBudget } from './tensor.ts';

const FOOTER_BYTES = 48;
const MAGIC = 0xdb4775248b80fb57n;
/** Compression type and checksum behind each block. */
const TRAILER_BYTES = 5;

/** The values of a checkpoint (TensorFlow's tensor bundle), by their keys. */
export interface Bundle {
  readonly has: (key: string) => boolean;
  /** Stops with QM104 where there is no such value, or where its bytes are missing. */
  readonly read: (key: string) => ConstantValue;
}

/**
 * Opens a checkpoint: `index` is the file `variables.index`, a sorted table of LevelDB that maps keys to where values lie in
 * the data files; `shards` are these, by their numbers.
 */
export function openBundle(
  index: Uint8Array,
  shards: ReadonlyMap<number, Uint8Array>,
  place: Place,
  budget: DecodingBudget,
): Bundle {
  const entries = readTable(index, place);
  const read = (key: string): ConstantValue => {
    const bytes = entries.get(key);
    if (bytes === undefined) return fail('QM104', place, { reason: `the checkpoint lacks "${key}"` });
    const entry = new Message(bytes, place);
    const type = elementType(entry.integer(1));
    const shape = readShape(entry.message(2)) ?? [];
    const count = shape.reduce((product, extent) => product * extent, 1);
    budget.spend(count, place);
    const shard = shards.get(entry.integer(3));
    if (shard === undefined)
      return fail('QM104', place, { reason: `the data file ${entry.integer(3)} is missing` });
    const [offset, size] = [entry.integer(4), entry.integer(5)];
    if (entry.has(7)) fail('QM211', place, { tensor: key, type: 'tensor in slices' });
    if (offset < 0 || size < 0 || offset + size > shard.length) {
      fail('QM104', place, { reason: `"${key}" lies beyond the end of its data file` });
    }
    const data = decodeNumbers(type, count, shard.subarray(offset, offset + size), key, place);
    return { kind: 'constant', type, shape, data };
  };
  return { has: (key) => entries.has(key), read };
}

/** All entries of a sorted table: the footer points to an index block, its entries to the blocks of entries. */
function readTable(bytes: Uint8Array, place: Place): ReadonlyMap<string, Uint8Array> {
  const footer = bytes.subarray(Math.max(0, bytes.length - FOOTER_BYTES));
  const view = new DataView(footer.buffer, footer.byteOffset, footer.length);
  if (footer.length < FOOTER_BYTES || view.getBigUint64(FOOTER_BYTES - 8, true) !== MAGIC) {
    fail('QM104', place, { reason: 'it does not end as the index of a checkpoint does' });
  }
  const handles = new ByteReader(footer, place);
  readHandle(handles);
  const index = readBlock(bytes, readHandle(handles), place);
  const entries = new Map<string, Uint8Array>();
  let left = bytes.length;
  for (const handle of index.values()) {
    const where = readHandle(new ByteReader(handle, place));
    left -= where.size + TRAILER_BYTES;
    if (left < 0) fail('QM104', place, { reason: 'its blocks overlap' });
    for (const [key, value] of readBlock(bytes, where, place)) entries.set(key, value);
  }
  return entries;
}

interface Handle {
  readonly offset: number;
  readonly size: number;
}

function readHandle(reader: ByteReader): Handle {
  return { offset: reader.count(), size: reader.count() };
}

/** Entries of a block; each key shares its first bytes with the one before it. */
function readBlock(
  bytes: Uint8Array,
  { offset, size }: Handle,
  place: Place,
): ReadonlyMap<string, Uint8Array> {
  if (size < 4 || offset + size + TRAILER_BYTES > bytes.length) {
    fail('QM104', place, { reason: 'a block lies beyond its end' });
  }
  if (bytes[offset + size] !== 0)
    fail('QM104', place, { reason: 'its blocks are compressed, which TensorFlow never does' });
  const block = bytes.subarray(offset, offset + size);
  const restarts = new DataView(block.buffer, block.byteOffset, size).getUint32(size - 4, true);
  const end = size - 4 * (restarts + 1);
  if (end < 0) fail('QM104', place, { reason: 'a block is shorter than it says' });
  const reader = new ByteReader(block.subarray(0, end), place);
  const entries = new Map<string, Uint8Array>();
  let key: Uint8Array = new Uint8Array();
  while (!reader.isAtEnd) {
    const shared = reader.count();
    const own = reader.count();
    const length = reader.count();
    if (shared > key.length) reader.damaged('a key shares more than there is');
    key = joinKey(key.subarray(0, shared), reader.take(own));
    entries.set(new TextDecoder().decode(key), reader.take(length));
  }
  return entries;
}

function joinKey(shared: Uint8Array, own: Uint8Array): Uint8Array {
  const key = new Uint8Array(shared.length + own.length);
  key.set(shared);
  key.set(own, shared.length);
  return key;
}
