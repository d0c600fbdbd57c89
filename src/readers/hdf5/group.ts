import { Cursor, decodeText, UNDEFINED_ADDRESS, type Hdf5Bytes } from './cursor.ts';
import { findMessage, MESSAGE, type Message } from './object-header.ts';

const HARD_LINK = 0;

/** What a group links to: addresses of objects by their names. Soft and external links are left out. */
export function readLinks(source: Hdf5Bytes, messages: readonly Message[]): ReadonlyMap<string, number> {
  const table = findMessage(messages, MESSAGE.symbolTable);
  if (table !== null) return readSymbolTable(source, table.offset(), table.offset());
  requireCompact(messages);
  const links = new Map<string, number>();
  for (const message of messages) {
    if (message.type !== MESSAGE.link) continue;
    const link = readLink(message.open());
    if (link !== null) links.set(link.name, link.address);
  }
  return links;
}

/** Links of a symbol table: a B-tree of nodes that list them, their names in a heap. */
function readSymbolTable(
  source: Hdf5Bytes,
  treeAddress: number,
  heapAddress: number,
): ReadonlyMap<string, number> {
  const heap = new Cursor(source, heapAddress);
  heap.expect('HEAP');
  heap.skip(4);
  const heapBytes = heap.length();
  heap.length();
  const names = new Cursor(source, heap.offset(), heapBytes).take(heapBytes);
  const links = new Map<string, number>();
  for (const leaf of readTree(source, treeAddress, (cursor) => cursor.length())) {
    const node = new Cursor(source, leaf.child);
    node.expect('SNOD');
    node.skip(2);
    const count = node.uint16();
    for (let index = 0; index < count; index++) {
      const name = decodeText(names.subarray(node.offset()));
      const address = node.offset();
      node.skip(24);
      links.set(name, address);
    }
  }
  return links;
}

/** A child of a leaf of a B-tree, and the key before it. */
export interface TreeEntry<Key> {
  readonly key: Key;
  readonly child: number;
}

/** The entries in all leaves of a B-tree (version 1), in order. */
export function readTree<Key>(
  source: Hdf5Bytes,
  root: number,
  readKey: (cursor: Cursor) => Key,
): readonly TreeEntry<Key>[] {
  const entries: TreeEntry<Key>[] = [];
  const pending = [root];
  for (let address = pending.pop(); address !== undefined; address = pending.pop()) {
    const node = new Cursor(source, address);
    node.expect('TREE');
    node.skip(1);
    const level = node.uint8();
    const count = node.uint16();
    node.skip(2 * source.offsetBytes);
    const own = Array.from({ length: count }, () => ({ key: readKey(node), child: node.offset() }));
    if (level === 0) for (const entry of own) entries.push(entry);
    else for (const { child } of own.toReversed()) pending.push(child);
  }
  return entries;
}

function readLink(cursor: Cursor): { readonly name: string; readonly address: number } | null {
  cursor.skip(1);
  const flags = cursor.uint8();
  const kind = flags & 8 ? cursor.uint8() : HARD_LINK;
  if (flags & 4) cursor.skip(8);
  if (flags & 16) cursor.skip(1);
  const name = new TextDecoder().decode(cursor.take(cursor.unsigned(1 << (flags & 3))));
  return kind === HARD_LINK ? { name, address: cursor.offset() } : null;
}

/** Stops with QM109 where links are kept in a heap, as new versions of HDF5 can do for many of them. */
function requireCompact(messages: readonly Message[]): void {
  const info = findMessage(messages, MESSAGE.linkInfo);
  if (info === null) return;
  info.skip(1);
  const flags = info.uint8();
  if (flags & 1) info.skip(8);
  if (info.offset() !== UNDEFINED_ADDRESS) info.unsupported('groups with dense links');
}
