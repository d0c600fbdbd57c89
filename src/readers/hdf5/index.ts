import { fail, type Place } from '../../diagnostics/diagnostic.ts';
import { decodeFloat16 } from '../../util/float16.ts';
import type { Weights } from '../build/layers.ts';
import { readTextAttributes } from './attributes.ts';
import { Cursor, type Hdf5Bytes } from './cursor.ts';
import { readDataset, type Dataset } from './dataset.ts';
import { readLinks } from './group.ts';
import { readMessages } from './object-header.ts';

const SIGNATURE_BYTES = 8;

/** A group of the file: what it links to, and its attributes that hold texts. */
interface Group {
  readonly links: ReadonlyMap<string, number>;
  readonly attributes: ReadonlyMap<string, readonly string[]>;
}

/**
 * The parts of HDF5 that Keras files are made of: groups, attributes that are texts, and arrays of numbers, contiguous or in
 * chunks (HDF5 File Format Specification, version 3). Time and memory are bounded by the file's length, whatever it holds.
 * Paths have forward slashes and start at the root. Damage stops with QM104, an unused part of the format with QM109.
 */
export class Hdf5 {
  readonly #source: Hdf5Bytes;
  readonly #root: number;
  readonly #groups = new Map<number, Group>();

  constructor(bytes: Uint8Array, file: string) {
    const budget = { left: 64 * bytes.length + 2 ** 20 };
    const narrow: Hdf5Bytes = { bytes, file, budget, offsetBytes: 8, lengthBytes: 8 };
    const cursor = new Cursor(narrow, SIGNATURE_BYTES);
    const version = cursor.uint8();
    if (version > 3) cursor.damaged(`its superblock has the version ${version}`);
    if (version < 2) cursor.skip(4);
    this.#source = { ...narrow, offsetBytes: cursor.uint8(), lengthBytes: cursor.uint8() };
    // Up to the base address; behind it three more, the root group's name (or two more and its header) come.
    cursor.skip(version === 0 ? 9 : version === 1 ? 13 : 1);
    const addresses = new Cursor(this.#source, cursor.at);
    if (addresses.offset() !== 0) addresses.unsupported('a user block');
    addresses.skip((version < 2 ? 4 : 2) * this.#source.offsetBytes);
    this.#root = addresses.offset();
  }

  /** A text attribute of a group; null where it has none of this name. */
  text(group: string, name: string): string | null {
    return this.texts(group, name)?.[0] ?? null;
  }

  /** An attribute that lists texts; null where the group has none of this name. */
  texts(group: string, name: string): readonly string[] | null {
    return this.#group(group)?.attributes.get(name) ?? null;
  }

  /** Names of what a group holds, sorted; none where there is no such group. */
  list(group: string): readonly string[] {
    return [...(this.#group(group)?.links.keys() ?? [])].sort();
  }

  /** An array of floating-point numbers. Stops with QM104 where there is none, with QM209 or QM211 where it cannot be used. */
  read(path: string): Weights {
    const place: Place = { file: this.#source.file, path };
    const at = path.lastIndexOf('/');
    const address = this.#group(path.slice(0, Math.max(0, at)))?.links.get(path.slice(at + 1));
    const found =
      address === undefined ? null : readDataset(this.#source, readMessages(this.#source, address));
    if (found === null) return fail('QM104', place, { reason: 'this array of weights is missing' });
    const data = decodeFloats(found);
    if (data === null) return fail('QM211', place, { tensor: path, type: typeName(found) });
    return data.every(Number.isFinite)
      ? { shape: found.shape, data }
      : fail('QM209', place, { tensor: path });
  }

  #group(path: string): Group | null {
    let address: number | undefined = this.#root;
    for (const step of path.split('/').filter((name) => name !== '')) {
      address = this.#open(address).links.get(step);
      if (address === undefined) return null;
    }
    return this.#open(address);
  }

  #open(address: number): Group {
    const known = this.#groups.get(address);
    if (known !== undefined) return known;
    const messages = readMessages(this.#source, address);
    const links = readLinks(this.#source, messages);
    const group = { links, attributes: readTextAttributes(this.#source, messages) };
    this.#groups.set(address, group);
    return group;
  }
}

function decodeFloats({ type, data }: Dataset): Float32Array | null {
  if (type.kind !== 'float') return null;
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  return Float32Array.from({ length: data.length / type.bytes }, (_, index) => {
    const at = index * type.bytes;
    if (type.bytes === 2) return decodeFloat16(view.getUint16(at, true));
    return type.bytes === 4 ? view.getFloat32(at, true) : view.getFloat64(at, true);
  });
}

function typeName({ type }: Dataset): string {
  return type.kind === 'other' ? type.name : `${type.kind} of ${type.bytes} bytes`;
}
